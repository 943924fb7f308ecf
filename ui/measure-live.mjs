// Measures pages that stay open while the registry changes: node measure-live.mjs http://127.0.0.1:8101 [minutes] [per second].
// It makes the changes itself, in open mode. Prints JSON: heap and DOM after all garbage was collected, and requests.
import { chromium as chromiums } from "playwright-core";

import { launchOptions } from "./chromium.mjs";

const [address, minutes = "3", perSecond = "20"] = process.argv.slice(2);
const PATHS = ["/", "/models", "/audit"];
const SAMPLE_MS = 30_000;
const MODELS = 20;
const UPDATE = "mutation($input: UpdateModelInput!) { updateModel(input: $input) { userErrors { message } } }";

const chromium = await chromiums.launch(launchOptions);
const names = await models();
const pages = await Promise.all(PATHS.map(opened));
const changing = setInterval(() => void change().catch(fail), 1_000 / Number(perSecond));
let changes = 0;
await new Promise((wake) => setTimeout(wake, 5_000));
for (const page of pages) page.requests = 0;
const begun = Date.now();
for (let at = 0; at <= Number(minutes) * 60_000; at += SAMPLE_MS) {
  await new Promise((wake) => setTimeout(wake, Math.max(0, begun + at - Date.now())));
  for (const page of pages) page.samples.push(await sizes(page.devtools));
}
clearInterval(changing);
const seconds = (Date.now() - begun) / 1_000;
const results = pages.map(({ path, samples, requests }) => ({ path, requestsPerSecond: requests / seconds, samples }));
console.log(JSON.stringify({ seconds, changes, results }, null, 1));
await chromium.close();

async function ask(query, variables = {}) {
  const body = JSON.stringify({ query, variables });
  const response = await fetch(`${address}/graphql`, { method: "POST", body, headers: { "content-type": "application/json" } });
  const answer = await response.json();
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

async function models() {
  const data = await ask(`{ models(first: ${MODELS}, orderBy: { field: NAME, direction: ASC }) { nodes { name } } }`);
  return data.models.nodes.map(({ name }) => name);
}

async function change() {
  changes += 1;
  const input = { model: { name: names[changes % names.length] }, subject: `measured-${changes}` };
  const { updateModel } = await ask(UPDATE, { input });
  if (updateModel.userErrors.length > 0) throw new Error(JSON.stringify(updateModel.userErrors));
}

/** Figures of a registry that does not change say nothing. */
function fail(error) {
  console.error(`a change failed: ${error.message}`);
  process.exit(1);
}

/** Each page has a window of its own, so that none is in the background, where less is done. */
async function opened(path) {
  const page = await (await chromium.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  const opened = { path, samples: [], requests: 0, devtools: await page.context().newCDPSession(page) };
  page.on("request", (request) => (opened.requests += Number(request.url().endsWith("/graphql"))));
  await page.goto(address + path);
  await page.getByText("Live", { exact: true }).waitFor();
  await opened.devtools.send("Performance.enable");
  return opened;
}

async function sizes(devtools) {
  await devtools.send("HeapProfiler.collectGarbage");
  const { metrics } = await devtools.send("Performance.getMetrics");
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  return { heapMB: Math.round(of("JSHeapUsedSize") / 10_000) / 100, nodes: of("Nodes"), listeners: of("JSEventListeners") };
}
