// Measures how each page of the dashboard opens in Chromium, with an empty cache: node figures.mjs [URL] [RUNS]
//
// Prints a table. Of several runs each time is the median. "content" is when the first data of the registry was drawn,
// from the start of the navigation; "blocked" is the part of long tasks over 50 ms until then (total blocking time).
import { chromium } from "playwright-core";

import { launchOptions } from "./chromium.mjs";

const [address = "http://127.0.0.1:8003", runs = "3"] = process.argv.slice(2);
// Each page, and what is on it when the first data is there.
const PAGES = [
  ["overview", "/", "main tbody a"],
  ["models", "/models", "main tbody a"],
  ["model", "/models/gpt-4o", "main tbody td"],
  ["compare", "/compare?models=gpt-4o,gpt-4o-mini,claude-sonnet-4-5", "main tbody td"],
  ["prices", "/prices", "main tbody a"],
  ["retirements", "/retirements", "main tbody td, main p"],
  ["routing", "/routing?model=gpt-4o", "main tbody a"],
  ["retention", "/retention", "main dl dd"],
  ["audit", "/audit", "main time"],
  ["tokens", "/tokens", "main [role=alert], main tbody td"],
];
const SETTLED_MS = 600;

/** Runs in the page before its own code: notes what the browser reports, and when the content was drawn. */
function watch(selector) {
  const seen = (window.figures_ = { longTasks: [], shift: 0 });
  const observe = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe("largest-contentful-paint", (entry) => (seen.lcp = entry.startTime));
  observe("longtask", ({ startTime, duration }) => seen.longTasks.push([startTime, duration]));
  observe("layout-shift", ({ value, hadRecentInput }) => (seen.shift += hadRecentInput ? 0 : value));
  observe("paint", ({ name, startTime }) => name === "first-contentful-paint" && (seen.fcp = startTime));
  const look = () => {
    const isLoading = document.querySelector("main [aria-label=Loading]");
    if (!isLoading && document.querySelector(selector)) seen.content = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** Adds up what the network carried. */
async function counting(page) {
  const devtools = await page.context().newCDPSession(page);
  const scripts = new Set();
  const sums = { requests: 0, bytes: 0, scriptBytes: 0 };
  await devtools.send("Network.enable");
  devtools.on("Network.responseReceived", ({ requestId, type }) => type === "Script" && scripts.add(requestId));
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    sums.requests += 1;
    sums.bytes += encodedDataLength;
    if (scripts.has(requestId)) sums.scriptBytes += encodedDataLength;
  });
  return sums;
}

async function open(browser, path, selector) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    const sums = await counting(page);
    await page.addInitScript(watch, selector);
    await page.goto(address + path);
    await page.waitForFunction(() => window.figures_.content, undefined, { timeout: 30_000 });
    const atContent = { ...sums };
    await page.waitForTimeout(SETTLED_MS); // the largest paint and shifts may come a little later
    const { fcp, lcp, content, shift, longTasks } = await page.evaluate(() => window.figures_);
    const blocked = longTasks.filter(([start]) => start < content).reduce((sum, [, ms]) => sum + Math.max(0, ms - 50), 0);
    return { fcp, lcp, content, blocked, shift, ...atContent };
  } finally {
    await context.close();
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const kb = (bytes) => (bytes / 1_000).toFixed(0);

const browser = await chromium.launch(launchOptions);
try {
  const rows = {};
  for (const [name, path, selector] of PAGES) {
    const opened = [];
    for (let run = 0; run < Number(runs); run += 1) opened.push(await open(browser, path, selector));
    const of = (figure) => median(opened.map((each) => each[figure]));
    rows[name] = {
      "FCP ms": Math.round(of("fcp")),
      "LCP ms": Math.round(of("lcp")),
      "content ms": Math.round(of("content")),
      "blocked ms": Math.round(of("blocked")),
      CLS: of("shift").toFixed(3),
      requests: of("requests"),
      "all KB": kb(of("bytes")),
      "JS KB": kb(of("scriptBytes")),
    };
  }
  console.table(rows);
} finally {
  await browser.close();
}
