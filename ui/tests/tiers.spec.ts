// Tiers, batches and other meters: each is compared, each change of one is shown, and long lists of them are folded.
import type { Locator } from "@playwright/test";

import { api, expect, expectWellShown, type Page, picture, test } from "./page";
import { addBinding, addVersion, createModel } from "./writes";

type Component = { meter: string; amount: string; variant?: string; aboveInputTokens?: number; unit?: string };

const INPUT: Component = { meter: "INPUT", amount: "0.002" };
const OUTPUT: Component = { meter: "OUTPUT", amount: "0.008" };
const BATCH: Component = { meter: "INPUT", amount: "0.001", variant: "BATCH" };
const TIER: Component = { meter: "INPUT", amount: "0.004", aboveInputTokens: 200_000 };

const table = (page: Page, name: string) => page.getByRole("table", { name });
const compared = (page: Page, title: string) =>
  table(page, "Comparison").getByRole("row").filter({ has: page.getByRole("rowheader", { name: title }) });

async function setPrice(page: Page, binding: string, components: Component[], effectiveFrom?: string): Promise<void> {
  const document = "mutation ($input: SetPriceInput!) { setPrice(input: $input) { userErrors { message } } }";
  const { setPrice } = await api<{ setPrice: { userErrors: unknown[] } }>(page, document, { input: { binding: { id: binding }, price: { components, effectiveFrom } } });
  expect(setPrice.userErrors).toEqual([]);
}

async function priced(page: Page, name: string, ...prices: Component[][]): Promise<string[]> {
  const version = await addVersion(page, await createModel(page, name), "1.0.0");
  const bindings: string[] = [];
  for (const [place, components] of prices.entries()) bindings.push(await addBinding(page, version, `${name}-${place}`, { price: { components } }));
  return bindings;
}

/** An event of a price tells on request what it changed. */
async function expectDifferences(event: Locator, changes: readonly string[]): Promise<void> {
  await event.getByRole("button", { name: "Against the price before" }).click();
  for (const text of changes) await expect(event).toContainText(text);
}

test("prices of tiers, batches and other units are compared, with the lowest marked", async ({ page }) => {
  await priced(page, "tiers-one", [INPUT, BATCH, TIER], [INPUT, { ...BATCH, amount: "0.0005" }]);
  await priced(page, "tiers-two", [INPUT, BATCH, { meter: "INPUT", unit: "PAGE", amount: "0.03" }]);
  await page.goto("/compare?models=tiers-one,tiers-two&different=true");
  await expect(compared(page, "Lowest input price")).toBeHidden(); // they have the same
  await expect(compared(page, "Input batch").getByRole("cell")).toHaveText(["$0.5 at OpenAI, tiers-one-1 lowest", "$1 at OpenAI, tiers-two-0"]);
  const tier = compared(page, "Input above 200,000 input tokens");
  await expect(tier.getByRole("img", { name: "differs:" })).toBeVisible();
  await expect(tier.getByRole("cell").first()).toHaveText("$4 at OpenAI, tiers-one-0");
  await expect(tier.getByRole("cell").last().getByRole("img", { name: "unknown" })).toBeVisible();
  await expect(compared(page, "Input, per page").getByRole("cell").last()).toHaveText("$0.03 at OpenAI, tiers-two-0");
  const offers = compared(page, "At OpenAI").getByRole("cell");
  await expect(offers.first()).toContainText("input batch: $0.5 per 1M tokens");
  await expect(offers.last()).toContainText("input: $0.03 per page");
  await expectWellShown(page, "compare-tiers");
});

test("offers that differ by a tier alone differ", async ({ page }) => {
  await priced(page, "by-tier-one", [INPUT, TIER]);
  await priced(page, "by-tier-two", [INPUT, { ...TIER, amount: "0.005" }]);
  await page.goto("/compare?models=by-tier-one,by-tier-two");
  await expect(compared(page, "At OpenAI").getByRole("img", { name: "differs:" })).toBeVisible();
});

test("a change of a tier alone is shown among the changes, at the model and in the overview", async ({ page }) => {
  const [binding = ""] = await priced(page, "tier-changes", [INPUT, OUTPUT, TIER]);
  await setPrice(page, binding, [INPUT, OUTPUT, { ...TIER, amount: "0.005" }, BATCH]);
  const changes = ["input above 200,000 input tokens: $4 → $5 per 1M tokens (▲ +25%)", "input batch: unknown → $1 per 1M tokens"];

  await page.goto("/prices?view=changes");
  const change = table(page, "Changes of prices, newest first").getByRole("row", { name: /tier-changes/ });
  for (const text of changes) await expect(change).toContainText(text);

  await page.goto("/models/tier-changes?tab=prices");
  const rows = table(page, "Prices of all bindings").locator("tbody tr");
  await expect(rows).toHaveCount(2);
  for (const text of changes) await expect(rows.first()).toContainText(text);
  await expect(rows.last()).toContainText("input above 200,000 input tokens: $4 per 1M tokens"); // of a price that has ended
  await expect(rows.last()).toContainText("the first one known");

  await page.getByRole("combobox", { name: "Price in the chart" }).click();
  await page.getByRole("option", { name: "Input above 200,000 input tokens, per 1M tokens" }).click();
  await expect(page).toHaveURL(/price=INPUT\.TOKENS_1K\.STANDARD\.200000/);
  const chart = page.getByRole("figure", { name: /^Input above 200,000 input tokens, per 1M tokens/ });
  await expect(chart.locator(".recharts-line")).toHaveCount(1);
  await expectWellShown(page, "model-prices-tier");
  await page.goto("/models/tier-changes?tab=prices&price=INPUT.TOKENS_1K.FLEX.0");
  await expect(page.getByText("No price below has the kind INPUT.TOKENS_1K.FLEX.0 that the address asks for.")).toBeVisible();

  await page.goto("/");
  const latest = page.locator("section[aria-label='Latest changes']");
  await expect(latest.getByText("input: $2 per 1M tokens; output: $8 per 1M tokens; input above 200,000 input tokens: $5 per 1M tokens; and 1 more")).toBeVisible();
  await expectDifferences(latest.getByRole("listitem").filter({ hasText: "tier-changes" }).first(), changes);
  await page.goto("/audit?kinds=PRICE&model=tier-changes");
  await expectDifferences(page.getByRole("article").first(), changes);
});

test("of a price that a catalog says otherwise, the components that differ are shown", async ({ page }) => {
  const filter = `{ models: [{ name: "gpt-4o-mini" }], providers: ["openai"], providerModelIds: ["gpt-4o-mini"] }`;
  const { bindings } = await api<{ bindings: { nodes: { id: string; price: { components: Component[] } }[] } }>(
    page,
    `{ bindings(first: 1, filter: ${filter}) { nodes { id price { components { meter unit variant aboveInputTokens amount } } } } }`,
  );
  const [binding] = bindings.nodes;
  await setPrice(page, binding?.id ?? "", [...(binding?.price.components ?? []), { ...TIER, amount: "0.0003" }]);
  await page.goto("/models/gpt-4o-mini?tab=catalogs");
  const row = table(page, "Differences").getByRole("row", { name: /price\.components/ }).first();
  await expect(row).toContainText("input above 200,000 input tokens: unknown");
  await expect(row).toContainText("input above 200,000 input tokens: $0.3 per 1M tokens");
  await expect(row).not.toContainText("TOKENS_1K");
});

test("large amounts have their thousands apart in the table and on the axis of the chart", async ({ page }) => {
  await priced(page, "large-amounts", [{ ...INPUT, amount: "140000" }]);
  await page.goto("/models/large-amounts?tab=prices");
  await expect(table(page, "Prices of all bindings").getByRole("cell", { name: "$140,000,000", exact: true })).toBeVisible();
  await expect(page.locator(".recharts-yAxis-tick-labels").getByText("$140,000,000", { exact: true })).toBeVisible();
  await expectWellShown(page, "prices-large");
});

test("a long text without spaces that a catalog says otherwise leaves its place to the columns beside it", async ({ page }) => {
  await api(page, "mutation ($input: UpdateModelInput!) { updateModel(input: $input) { userErrors { message } } }", {
    input: { model: { name: "gpt-4o" }, description: "x".repeat(900) },
  });
  await page.goto("/models/gpt-4o?tab=catalogs");
  const cells = table(page, "Differences").getByRole("row").filter({ hasText: "xxxx" }).first().getByRole("cell");
  for (const place of [2, 3]) {
    const box = await cells.nth(place).boundingBox();
    expect(box?.width).toBeGreaterThan(200); // not one word a line
    expect(box?.width).toBeLessThan(600);
  }
  await expectWellShown(page, "catalogs-long");
  await cells.first().scrollIntoViewIfNeeded();
  await picture(page, "catalogs-long-differences");
});

test("many other prices of a binding are folded, say how many they are, and open by keyboard", async ({ page }) => {
  const many = ["BATCH", "FLEX", "PRIORITY", "FAST"].map((variant) => ({ ...INPUT, variant }));
  await priced(page, "many-tiers", [INPUT, OUTPUT, ...many, TIER]);
  await page.goto("/models/many-tiers?tab=bindings");
  const row = table(page, "Provider bindings").locator("tbody tr").first();
  const button = row.getByRole("button", { name: "5 other prices" });
  const folded = (await row.boundingBox())?.height ?? 0;
  expect(folded).toBeLessThan(90);
  await expect(button).toHaveAttribute("aria-expanded", "false");
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(button).toHaveAttribute("aria-expanded", "true");
  await expect(row.getByRole("listitem")).toHaveText([
    "input above 200,000 input tokens: $4 per 1M tokens",
    ...["batch", "fast", "flex", "priority"].map((variant) => `input ${variant}: $2 per 1M tokens`),
  ]);
  await expectWellShown(page, "model-bindings-unfolded");
  await button.click();
  await expect(row.getByRole("listitem")).toHaveCount(0);
  await page.goto("/routing?model=many-tiers");
  await expect(page.getByRole("table", { name: "Candidates, best first" }).getByRole("button", { name: "5 other prices" })).toBeVisible();
});

test("the table of prices fits a small laptop, the binding stays in sight where it does not fit, and cells start at the top of their row", async ({ page }) => {
  const many = ["BATCH", "FLEX", "PRIORITY", "FAST"].map((variant) => ({ ...INPUT, variant }));
  const [binding = ""] = await priced(page, "scrolled-prices", [INPUT, OUTPUT, TIER]);
  await setPrice(page, binding, [INPUT, OUTPUT, ...many]);
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto("/models/scrolled-prices?tab=prices");
    const row = table(page, "Prices of all bindings").locator("tbody tr").first();
    await row.getByRole("button", { name: "5 changes" }).click();
    await row.getByRole("button", { name: "4 other prices" }).click();
    const cells = row.getByRole("cell");
    await expect(cells.nth(1)).toHaveCSS("vertical-align", "top");
    const before = await cells.first().boundingBox();
    const scroller = page.getByRole("region", { name: "Prices of all bindings" });
    await scroller.evaluate((element) => element.scrollBy(200, 0));
    const scrolled = () => scroller.evaluate((element) => element.scrollLeft);
    if (width === 360) await expect.poll(scrolled).toBeGreaterThan(50);
    else expect(await scrolled()).toBe(0); // with all columns in sight
    expect((await cells.first().boundingBox())?.x).toBe(before?.x);
    expect(before?.width).toBeLessThan(width / 2);
    await picture(page, `prices-scrolled-${width}`);
  }
});

test("a chart of a model with many bindings draws some of them, says so, and draws the others on request", async ({ page }) => {
  await priced(page, "many-lines", ...Array.from({ length: 30 }, (_, place) => [{ ...INPUT, amount: `0.0${place + 10}` }]));
  await page.goto("/models/many-lines?tab=prices");
  const chart = page.getByRole("figure", { name: /^Input, per 1M tokens/ });
  const chooser = page.getByRole("group", { name: "8 of 30 bindings are drawn" });
  await expect(chart.locator(".recharts-line")).toHaveCount(8);
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    const [drawn, names] = [await chart.boundingBox(), await chooser.boundingBox()];
    expect(names?.height).toBeLessThan(drawn?.height ?? 0);
  }
  await chooser.getByRole("textbox", { name: "Search the bindings" }).fill("many-lines-29");
  const last = chooser.getByRole("checkbox");
  await expect(last).toBeDisabled(); // eight are drawn
  await chooser.getByRole("textbox").fill("many-lines-0");
  await chooser.getByRole("checkbox").uncheck();
  const fewer = page.getByRole("group", { name: "7 of 30 bindings are drawn" });
  await fewer.getByRole("textbox").fill("many-lines-29");
  await fewer.getByRole("checkbox").check();
  await expect(chart.locator(".recharts-line")).toHaveCount(8);
  await expect(table(page, "Prices of all bindings").locator("tbody tr")).toHaveCount(30); // the text alternative has all
  await chooser.getByRole("textbox").fill("");
  await expectWellShown(page, "model-prices-many");
});
