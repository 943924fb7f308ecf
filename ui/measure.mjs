// Measures the list of models in Chromium: node measure.mjs http://127.0.0.1:8101 [minutes]. `python -m bench.dashboard`
// fills a registry with 100,000 models, changes it meanwhile, and runs this. Prints JSON.
import { chromium as chromiums } from "playwright-core";

import { launchOptions } from "./chromium.mjs";

const [address, minutes = "0"] = process.argv.slice(2);
const SCROLLS = 120;
const TYPED = "model-042";
const MB = 1_000_000;

const chromium = await chromiums.launch(launchOptions);
const page = await (await chromium.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
const devtools = await page.context().newCDPSession(page);
await page.addInitScript(watch);

const results = {
  firstRows: await firstRows(),
  searchMs: await search(),
  ordersMs: await orders(),
  scrolling: await scrolling(),
  typing: await typing(),
};
if (Number(minutes) > 0) results.live = await live(Number(minutes));
console.log(JSON.stringify(results, null, 1));
await chromium.close();

/** Runs in the page before its own code: when the heading and the first row were drawn, and how long frames take. */
function watch() {
  const seen = (window.seen = {});
  const look = () => {
    const now = performance.now();
    if (!seen.page && document.querySelector("h1")) seen.page = now;
    if (!seen.rows && document.querySelector("tbody a")) seen.rows = now;
    if (seen.page && seen.rows) return;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  // Counts by milliseconds: a list would grow the memory that is measured.
  const frames = (window.frames_ = { isOn: false, gaps: new Uint32Array(1_001), longTasks: new Uint32Array(1_001) });
  let last = 0;
  const frame = (now) => {
    if (frames.isOn && last) frames.gaps[Math.min(1_000, Math.round(now - last))] += 1;
    last = frames.isOn ? now : 0;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) if (frames.isOn) frames.longTasks[Math.min(1_000, Math.round(duration))] += 1;
  }).observe({ entryTypes: ["longtask"] });
}

/** Of several openings: from the page's heading, and from the start of the navigation, to the first row. */
async function firstRows() {
  const openings = [];
  for (let opening = 0; opening < 6; opening += 1) {
    await page.goto(`${address}/models`);
    await page.waitForFunction(() => window.seen.rows);
    openings.push(await page.evaluate(() => window.seen));
  }
  const [first, ...later] = openings;
  return {
    firstOpeningMs: Math.round(first.rows - first.page),
    afterPageMs: later.map(({ page: shown, rows }) => Math.round(rows - shown)),
    afterNavigationMs: later.map(({ rows }) => Math.round(rows)),
  };
}

/** From the last key of a search to its rows: a pause of 150 ms is in it. */
async function search() {
  const took = [];
  for (const text of ["model-042", "77 model", "model-9999"]) {
    await page.getByLabel("Search by name").fill("");
    await page.locator("tbody a", { hasText: /^model-0001$/ }).waitFor();
    took.push(await rowsAfter(() => page.getByLabel("Search by name").fill(text)));
  }
  await page.goto(`${address}/models`);
  await page.locator("tbody a").first().waitFor();
  return took;
}

/** From the choice of an order to its rows. */
async function orders() {
  const took = {};
  for (const name of ["Context window", "Input from", "Output from", "Released"])
    took[name] = await rowsAfter(() => page.getByRole("columnheader", { name }).getByRole("button").click());
  await page.goto(`${address}/models`);
  await page.locator("tbody a").first().waitFor();
  return took;
}

/** How long an action takes to change the first row; null when it is still the same after 10 seconds. */
async function rowsAfter(act) {
  await page.evaluate(() => {
    const first = () => document.querySelector("tbody a")?.textContent;
    const before = first();
    const begun = performance.now();
    window.took = new Promise((resolve) => {
      const look = () => {
        const took = performance.now() - begun;
        if (first() !== before) resolve(Math.round(took));
        else if (took > 10_000) resolve(null);
        else requestAnimationFrame(look);
      };
      look();
    });
  });
  await act();
  return page.evaluate(() => window.took);
}

async function frames(act) {
  await page.evaluate(() => {
    window.frames_.gaps.fill(0);
    window.frames_.longTasks.fill(0);
    window.frames_.isOn = true;
  });
  await act();
  const [gaps, longTasks] = await page.evaluate(() => {
    window.frames_.isOn = false;
    return [[...window.frames_.gaps], [...window.frames_.longTasks]];
  });
  const total = gaps.reduce((sum, each) => sum + each, 0);
  const at = (share) => {
    let left = total * share;
    return gaps.findIndex((each) => (left -= each) <= 0);
  };
  return { frames: total, p50Ms: at(0.5), p99Ms: at(0.99), longestMs: gaps.findLastIndex((each) => each > 0), over50Ms: over(gaps), longTasksMs: over(longTasks) };
}

/** How many took how long, of those of more than 50 ms. */
function over(counts) {
  return Object.fromEntries(counts.map((each, ms) => [ms, each]).filter(([ms, each]) => ms > 50 && each > 0));
}

/** The same, and the longest task of the page's thread by the time that a processor worked on it: a busy machine does not lengthen it. */
async function traced(act) {
  await chromium.startTracing(page, { categories: ["toplevel", "devtools.timeline"] });
  const found = await frames(act);
  const { traceEvents } = JSON.parse((await chromium.stopTracing()).toString());
  const processes = new Set(traceEvents.filter(({ name }) => name === "UpdateLayoutTree").map(({ pid }) => pid));
  const thread = traceEvents.find(({ name, args, pid }) => name === "thread_name" && args.name === "CrRendererMain" && processes.has(pid));
  const tasks = traceEvents.filter(({ name, pid, tid }) => name.endsWith("RunTask") && pid === thread.pid && tid === thread.tid);
  return { ...found, longestTaskProcessorMs: Math.round(Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 100) / 10 };
}

async function scrolling() {
  const list = page.getByRole("region", { name: "Models" });
  await list.hover();
  const byWheel = await traced(async () => {
    for (let step = 0; step < SCROLLS; step += 1) {
      await page.mouse.wheel(0, 400);
      await page.waitForTimeout(16);
    }
  });
  const byJumps = await traced(async () => {
    for (let step = 0; step < SCROLLS / 2; step += 1) {
      await list.evaluate((scroller, down) => scroller.scrollBy(0, down), step % 3 === 2 ? -3_000 : 2_500);
      await page.waitForTimeout(50);
    }
  });
  return { byWheel, byJumps, rowsReached: await list.evaluate((scroller) => Math.round(scroller.scrollTop / 36)) };
}

async function typing() {
  const field = page.getByLabel("Search by name");
  const typed = await traced(async () => {
    await field.pressSequentially(TYPED, { delay: 80 });
    await page.waitForTimeout(500);
    for (const _ of TYPED) await field.press("Backspace", { delay: 20 });
    await page.waitForTimeout(800);
  });
  return typed;
}

/** The size of the page's memory, once a minute after the garbage was collected, while the registry changes. */
async function live(minutes) {
  const sizes = [];
  const gaps = await frames(async () => {
    for (let minute = 0; minute <= minutes; minute += 1) {
      if (minute > 0) await page.waitForTimeout(60_000);
      // To collect all garbage takes some hundred milliseconds, which are not the page's.
      await page.evaluate(() => (window.frames_.isOn = false));
      await devtools.send("HeapProfiler.collectGarbage");
      const { usedSize } = await devtools.send("Runtime.getHeapUsage");
      const { nodes } = await devtools.send("Memory.getDOMCounters");
      await page.evaluate(() => (window.frames_.isOn = true));
      sizes.push({ minute, megabytes: Math.round((usedSize / MB) * 100) / 100, nodes });
    }
  });
  return { sizes, changes: await page.evaluate(() => document.querySelector("[data-moved]")?.textContent ?? ""), frames: gaps };
}
