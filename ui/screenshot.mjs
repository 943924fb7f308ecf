// Opens GraphiQL in headless Chromium as a first visitor does, runs its first tab, and saves a screenshot.
//
//   node screenshot.mjs [URL] [OUTPUT.png]        CHROMIUM=/path/to/chromium to use another browser
//
// Fails (exit code 1) on console errors and warnings, uncaught exceptions, Content-Security-Policy violations,
// requests to any other host, and answers that hold errors or no data.
import { chromium } from "playwright-core";

import { launchOptions } from "./chromium.mjs";

const [url = "http://127.0.0.1:8003/graphql", output = "graphiql.png"] = process.argv.slice(2);
const { host } = new URL(url);
const problems = [];

const browser = await chromium.launch(launchOptions);
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  watch(page);
  try {
    page.setDefaultTimeout(20_000);
    await page.goto(url);
    await runButton(page).waitFor();
    await page.waitForLoadState("networkidle"); // workers and introspection
    await run(page);
    await page.waitForTimeout(1_000); // the answer is drawn and the editor's markers are settled
  } catch (error) {
    problems.push(`gave up: ${error.message}`);
  }
  await page.screenshot({ path: output }); // also of a failure
} finally {
  await browser.close();
}
console.log(`${output}: ${problems.length} problems`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function runButton(page) {
  return page.getByRole("button", { name: /execute query/i });
}

function watch(page) {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
  page.on("requestfailed", (request) => problems.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on("request", (request) => {
    const { protocol, host: asked } = new URL(request.url());
    if (protocol !== "data:" && asked !== host) problems.push(`foreign host: ${request.url()}`);
  });
}

async function run(page) {
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await runButton(page).click();
  const response = await answered;
  const text = await response.text();
  const { data, errors } = JSON.parse(text);
  if (!data || errors) problems.push(`answer ${response.status()}: ${text.slice(0, 500)}`);
}
