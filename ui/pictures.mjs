// Takes the pictures of the README: node pictures.mjs URL FOLDER        CHROMIUM=/path/to/chromium to use another browser
//
// The server must hold the catalog of a first start, and be in open mode. The script writes into it what a registry in use
// has: aliases, targets, ends of versions, and the outcomes of calls, of which some open a circuit. `make pictures` runs it.
// Fails (exit code 1) on console errors and warnings, uncaught exceptions and requests to any other host.
import { deflateSync, inflateSync } from "node:zlib";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

import { launchOptions } from "./chromium.mjs";
import { prepare } from "./prepare.mjs";

const [address, folder] = process.argv.slice(2);
const VIEWPORT = { width: 1280, height: 800 };
// The file, the page, and what it shows when it is complete.
const PICTURES = [
  ["dashboard-overview.png", "/", "main tbody a"],
  ["dashboard-models.png", "/models?q=claude", "main tbody a"],
  ["dashboard-model.png", "/models/gpt-4o", "main tbody td"],
  ["dashboard-compare.png", "/compare?models=gpt-4o,claude-sonnet-4-5,gemini-2.5-pro&different=true", "main tbody td"],
];
const SETTLED_MS = 1_500; // charts and counts come later than rows

const problems = [];
await prepare(address);
const browser = await chromium.launch(launchOptions);
try {
  const page = await browser.newPage({ viewport: VIEWPORT, colorScheme: "light" });
  watch(page);
  for (const [name, path, selector] of PICTURES) {
    await page.goto(address + path);
    await page.locator(selector).first().waitFor({ timeout: 30_000 });
    await page.waitForTimeout(SETTLED_MS);
    const png = smaller(await page.screenshot({ animations: "disabled" }));
    await writeFile(join(folder, name), png);
    console.log(`${name}: ${png.length} bytes`);
  }
} catch (error) {
  problems.push(`gave up: ${error.message}`);
} finally {
  await browser.close();
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function watch(page) {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && origin !== new URL(address).origin) problems.push(`foreign host: ${request.url()}`);
  });
}

/** The same picture, compressed as well as can be: Chromium compresses quickly. */
function smaller(png) {
  const chunks = [...chunksOf(png)];
  const data = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ content }) => content));
  const compressed = deflateSync(inflateSync(data), { level: 9, memLevel: 9 });
  const others = chunks.filter(({ type }) => ["IHDR", "PLTE", "tRNS"].includes(type)).map(({ whole }) => whole);
  return Buffer.concat([png.subarray(0, 8), ...others, chunk("IDAT", compressed), chunk("IEND", Buffer.alloc(0))]);
}

function* chunksOf(png) {
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const end = at + 12 + length;
    yield { type: png.toString("latin1", at + 4, at + 8), content: png.subarray(at + 8, end - 4), whole: png.subarray(at, end) };
    at = end;
  }
}

function chunk(type, content) {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const whole = Buffer.alloc(named.length + 8);
  whole.writeUInt32BE(content.length, 0);
  named.copy(whole, 4);
  whole.writeUInt32BE(crc32(named), named.length + 4);
  return whole;
}

/** As node:zlib has it since 22.2; the pages build from Node 20.19 on. */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
