// A table that is wider than the screen scrolls sideways: what names its rows stays, and covers nothing that has the focus.
import type { Locator } from "@playwright/test";

import { api, expect, type Page, picture, test } from "./page";
import { addBinding, addVersion, createModel, setAlias, update } from "./writes";

const NAME = "wide-tables-of-a-model-with-a-long-name";
const STOPS_MAX = 80; // of one table, by keyboard

// Each page with its tables.
const PAGES: readonly (readonly [string, ...string[]])[] = [
  ["/", "Health by provider", "Retirements that come soon"],
  ["/models", "Models"],
  ["/compare?models=gpt-4o,gpt-4o-mini,claude-3-5-haiku,gpt-4,gpt-4-turbo,o1", "Comparison"],
  [`/models/${NAME}?tab=versions`, "Versions"],
  [`/models/${NAME}?tab=bindings`, "Provider bindings"],
  [`/models/${NAME}?tab=prices`, "Prices of all bindings"],
  [`/models/${NAME}?tab=usage`, "Sums of this time"],
  [`/models/${NAME}?tab=aliases`, "History of production"],
  ["/models/gpt-4o?tab=catalogs", "Entries of catalogs", "Differences"],
  [`/prices?model=${NAME}`, "Offers, the cheapest first"],
  ["/prices?view=changes", "Changes of prices, newest first"],
  [`/retirements?model=${NAME}`, "Retirements in "],
  [`/routing?model=${NAME}&select=version:4.0.0`, "Candidates, best first", "Excluded bindings, those to retry soonest first"],
  [`/retention?model=${NAME}`, "Versions to archive", "Protected versions"],
  ["/retention?tab=archives", "Archived versions"],
  ["/retention?tab=holds", "Held versions"],
  ["/tokens", "Tokens"],
];

const dayIn = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** One model that has something for the table of each page. */
async function prepare(page: Page): Promise<void> {
  const write = (field: string, input: object) =>
    api<Record<string, { userErrors: unknown[] }>>(
      page, `mutation ($input: ${field[0]?.toUpperCase()}${field.slice(1)}Input!) { ${field}(input: $input) { userErrors { message } } }`, { input },
    ).then(({ [field]: payload }) => expect(payload?.userErrors).toEqual([]));
  const { model: found } = await api<{ model: object | null }>(page, `{ model(by: { name: "${NAME}" }) { id } }`);
  if (found) return;
  const model = await createModel(page, NAME, { retentionKeep: 1 });
  const versions: string[] = [];
  for (const label of ["1.0.0", "2.0.0", "3.0.0", "4.0.0"]) {
    versions.push(await addVersion(page, model, label, { capabilities: ["TOOLS", "STREAMING", "JSON_SCHEMA"], status: "ACTIVE", sunsetOn: dayIn(30), contextWindow: 128_000 }));
  }
  const [first = "", second = "", third = "", last = ""] = versions;
  const components = ["STANDARD", "BATCH", "FLEX", "PRIORITY", "FAST"].map((variant) => ({ meter: "INPUT", amount: "0.002", variant }));
  const binding = await addBinding(page, last, "wide-1", { region: "eu-west-1", price: { components: [...components, { meter: "OUTPUT", amount: "0.01" }] } });
  const other = await addBinding(page, last, "wide-2", { region: "us-east-1", price: { inputPer1k: "0.1", outputPer1k: "0.2" } });
  await update(page, "Binding", await addBinding(page, last, "wide-3"), { status: "DISABLED" });
  await write("setPrice", { binding: { id: binding }, price: { components: components.map((each) => ({ ...each, amount: "0.003" })) } });
  for (const version of [third, first]) await setAlias(page, model, "production", version);
  const items = [binding, other].map((id) => ({ binding: id, at: new Date().toISOString(), outcome: "SUCCESS", latencyMs: 321 }));
  await api(page, "mutation ($input: ReportOutcomesInput!) { reportOutcomes(input: $input) { accepted } }", { input: { items } });
  await write("setVersionHold", { version: { id: second }, reason: "The regulator may ask for it until the end of 2028." });
  await api(page, 'mutation { createToken(input: { name: "wide-tables-of-a-program", role: READER }) { secret } }');
  await write("updateModel", { model: { name: "gpt-4o" }, description: "x".repeat(300) }); // now a catalog says otherwise
  const archived = await createModel(page, `${NAME}-archived`, { retentionKeep: 1 });
  for (const label of ["1.0.0", "2.0.0"]) await addVersion(page, archived, label);
  await api(page, "mutation ($input: RetentionInput!) { applyRetention(input: $input) { userErrors { message } } }", { input: { model: { id: archived } } });
}

const scrollerOf = (page: Page, name: string) => page.locator(`.table-scroll[aria-label^="${name}"]`).first();

/** Where the cells of the column that stays are, in the header and the first rows: each of them in sight. */
async function expectNamesInSight(scroller: Locator): Promise<void> {
  await scroller.evaluate((element) => {
    element.scrollIntoView({ block: "start" });
    element.scrollTo({ left: element.scrollWidth });
  });
  const hidden = await scroller.evaluate((element) => {
    const place = element.getBoundingClientRect();
    const isIn = (cell: Element) => {
      const { left, right, top, width } = cell.getBoundingClientRect();
      const seen = document.elementFromPoint(left + width / 2, top + 8);
      return width > 20 && left >= place.left - 1 && right <= place.right + 1 && cell.contains(seen);
    };
    const rows = [...element.querySelectorAll("tr")].filter(({ cells }) => cells.length > 1).slice(0, 3);
    return rows.map((row) => [...row.querySelectorAll(".staying")]).map((cells) => (cells.length === 1 && isIn(cells[0] as Element) ? "" : "not in sight"));
  });
  expect(hidden.length).toBeGreaterThan(1);
  expect(hidden.filter(Boolean)).toEqual([]);
}

/** No word of the column that stays is broken, unless it is longer than the column may be on a phone. */
async function expectWholeWords(scroller: Locator): Promise<void> {
  const broken = await scroller.evaluate((element) => {
    const found: string[] = [];
    for (const cell of element.querySelectorAll("tbody .staying")) {
      const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        for (const { index, 0: word } of (texts.currentNode.nodeValue ?? "").matchAll(/(?<![^\s-])[^\s-]{2,10}(?![^\s-])/g)) {
          const range = new Range();
          range.setStart(texts.currentNode, index);
          range.setEnd(texts.currentNode, index + word.length);
          if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) found.push(word);
        }
      }
    }
    return found;
  });
  expect(broken).toEqual([]);
}

/** What is wrong with the place of the element that has the focus; null when the focus has left the table. */
const focused = (scroller: Locator) =>
  scroller.evaluate((element) => {
    const focus = document.activeElement;
    if (!focus || focus === element || !element.contains(focus)) return null;
    const box = focus.getBoundingClientRect();
    const seen = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    const isSeen = seen !== null && (focus.contains(seen) || seen.contains(focus));
    // Cells that stay are above the others; a header that stays is above all.
    const isAbove = (cell: Element) => !cell.contains(focus) && !focus.closest("thead .staying") && (cell.matches("thead .staying") || !focus.closest("thead, .staying"));
    const isFree = [...element.querySelectorAll(".staying")].filter(isAbove).every((cell) => {
      const { left, right, top, bottom } = cell.getBoundingClientRect();
      return box.right <= left + 1 || box.left >= right - 1 || box.bottom <= top + 1 || box.top >= bottom - 1;
    });
    const name = focus.getAttribute("aria-label") || focus.textContent || focus.tagName;
    return { name, problem: isSeen && isFree ? "" : `${isSeen ? "" : "covered "}${isFree ? "" : "overlapped"}` };
  });

/** Goes through the table by keyboard; how many places of it had the focus, and those that were covered. */
async function walk(page: Page, scroller: Locator, key: "Tab" | "Shift+Tab"): Promise<[number, string[]]> {
  const problems: string[] = [];
  let stops = 0;
  for (; stops < STOPS_MAX; stops += 1) {
    await page.keyboard.press(key);
    const found = await focused(scroller);
    if (found === null) break;
    if (found.problem) problems.push(`${key}: ${found.name} is ${found.problem}`);
  }
  return [stops, problems];
}

test.setTimeout(180_000);

for (const width of [1280, 360])
  for (const [address, ...tables] of PAGES)
    test(`in the tables of ${address} the name stays and covers no focus, at ${width} px`, async ({ page }) => {
      await prepare(page);
      await page.setViewportSize({ width, height: 900 });
      await page.goto(address);
      await expect(page.locator(".table-scroll").first()).toBeVisible();
      for (const name of tables) {
        const scroller = scrollerOf(page, name);
        await expect(scroller.locator("tbody .staying").first()).toBeVisible();
        await expectNamesInSight(scroller);
        await expectWholeWords(scroller);
        await picture(page, `wide-${name.replaceAll(/\W+/g, "-")}-${width}`);
        await scroller.focus();
        const [forward, problems] = await walk(page, scroller, "Tab");
        const [backward, others] = await walk(page, scroller, "Shift+Tab");
        expect([...problems, ...others]).toEqual([]);
        expect(backward).toBeGreaterThanOrEqual(Math.min(forward, STOPS_MAX - 1)); // it was in the table, or had just left it
      }
      const all = await page.locator(".table-scroll").evaluateAll((found) => found.map((element) => element.getAttribute("aria-label") ?? ""));
      expect(all.filter((label) => !tables.some((name) => label.startsWith(name)))).toEqual([]); // no table is left out
    });
