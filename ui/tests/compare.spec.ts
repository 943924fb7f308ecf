import { type Page } from "@playwright/test";

import { api, expect, expectWellShown, test } from "./page";
import { addBinding, addVersion, createModel, update } from "./writes";

const THREE = "/compare?models=gpt-4o,gpt-4o-mini,claude-3-5-haiku";

const table = (page: Page) => page.getByRole("table", { name: "Comparison" });
const row = (page: Page, title: string) => table(page).getByRole("row").filter({ has: page.getByRole("rowheader", { name: title }) });
const heads = (page: Page) => table(page).getByRole("columnheader");

test("models stand side by side in the order of the address, with the lowest price marked", async ({ page }) => {
  await page.goto(THREE);
  await expect(heads(page)).toHaveText(["Attribute", "gpt-4o", "gpt-4o-mini", "claude-3-5-haiku"]);
  const { models } = await api<{ models: { nodes: { offer: { inputPer1k: string } }[] } }>(
    page,
    `{ models(filter: { names: ["gpt-4o-mini"] }) { nodes { offer { inputPer1k } } } }`,
  );
  const perMillion = Number(models.nodes[0]?.offer.inputPer1k) * 1_000;
  const cells = row(page, "Lowest input price").getByRole("cell");
  await expect(cells.nth(1)).toHaveText(new RegExp(`^\\$${perMillion} at .+, .+ lowest$`));
  await expect(cells.nth(0)).not.toContainText("lowest");
});

test("differences are marked by a sign, and alone on request", async ({ page }) => {
  await page.goto(THREE);
  await expect(row(page, "Lowest input price").getByRole("img", { name: "differs:" })).toBeVisible();
  await expect(row(page, "Task").getByRole("img", { name: "differs:" })).toBeHidden();
  await page.getByLabel("Show only differences").check();
  await expect(page).toHaveURL(/different=true/);
  await expect(row(page, "Task")).toBeHidden();
  await expect(row(page, "Lowest input price")).toBeVisible();
  await page.reload();
  await expect(row(page, "Lowest input price")).toBeVisible();
  await expect(row(page, "Task")).toBeHidden();
});

test("models are added by a search, up to six, and removed", async ({ page }) => {
  await page.goto("/compare");
  await expect(page.getByText("No models are chosen.")).toBeVisible();
  for (const name of ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "o3", "o4-mini"]) {
    await page.getByRole("combobox", { name: "Add a model" }).fill(name);
    await page.getByRole("option", { name, exact: true }).click();
    await expect(heads(page).filter({ hasText: new RegExp(`^${name.replaceAll(".", "\\.")}$`) })).toBeVisible();
  }
  await expect(page.getByRole("combobox", { name: "Add a model" })).toBeDisabled();
  await page.getByRole("button", { name: "Remove o3" }).click();
  await expect(heads(page)).toHaveCount(6);
  await expect(page).not.toHaveURL(/o3/);
  await page.goBack();
  await expect(heads(page)).toHaveCount(7);
});

test("a name that is not there is said, and a link without regard to case works", async ({ page }) => {
  await page.goto("/compare?models=GPT-4O,no-such-model");
  await expect(heads(page)).toHaveText(["Attribute", "gpt-4o"]);
  await expect(page.getByText("There is no model no-such-model")).toBeVisible();
  await page.getByRole("button", { name: "Remove it from the comparison" }).click();
  await expect(page.getByText("There is no model no-such-model")).toBeHidden();
});

test("bindings that cannot be called are shown on request, and changes appear by themselves", async ({ page }) => {
  await page.goto("/compare?models=gpt-4o,gpt-4o-mini");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await expect(row(page, "At OpenAI")).toContainText("input $");
  const { model } = await api<{ model: { bindings: { nodes: { id: string }[] } } }>(
    page,
    `{ model(by: { name: "gpt-4o" }) { bindings(first: 100, filter: { providers: ["openai"] }) { nodes { id } } } }`,
  );
  for (const { id } of model.bindings.nodes)
    await api(page, "mutation($input: UpdateBindingInput!) { updateBinding(input: $input) { userErrors { message } } }", {
      input: { binding: { id }, status: "DISABLED" },
    });
  await expect(row(page, "At OpenAI").getByRole("cell").first()).toHaveText("not offered");
  await page.getByLabel("Also bindings that cannot be called now").check();
  await expect(row(page, "At OpenAI").getByRole("cell").first()).toContainText("cannot be called now");
});

test("the lowest prices are those of all bindings, also of a model with more than are listed, which is said", async ({ page }) => {
  const many = await addVersion(page, await createModel(page, "compared-many"), "1.0.0");
  for (let place = 1; place <= 100; place += 1)
    await addBinding(page, many, `many-${place}`, { price: { inputPer1k: "0.001", outputPer1k: "0.009", cacheReadPer1k: "0.0005" } });
  await addBinding(page, many, "many-last", { price: { inputPer1k: "0.002", outputPer1k: "0.003", cacheReadPer1k: "0.0001" } });
  const few = await addVersion(page, await createModel(page, "compared-few"), "1.0.0");
  await addBinding(page, few, "few-1", { price: { inputPer1k: "0.001", outputPer1k: "0.004", cacheReadPer1k: "0.0004" } });
  await page.goto("/compare?models=compared-many,compared-few");
  await expect(row(page, "Lowest output price").getByRole("cell")).toHaveText(["$3 at OpenAI, many-last lowest", "$4 at OpenAI, few-1"]);
  await expect(row(page, "Lowest price of cached input").getByRole("cell")).toHaveText(["$0.1 at OpenAI, many-last lowest", "$0.4 at OpenAI, few-1"]);
  await expect(page.getByText("Of compared-many, the 100 bindings with the lowest input price are listed at their providers; there are more.")).toBeVisible();
  await expect(page.getByText("Of compared-few,")).toBeHidden();
  await expect(row(page, "At OpenAI").getByRole("cell").first()).toContainText("lowest: input $1, output $3, cached $0.1");
  await expect(row(page, "Bindings by health").getByRole("cell")).toHaveText(["100 unknown among the first 100 bindings", "1 unknown"]);
});

test("lines of one provider are told apart by its names for the model and by regions, also at the lowest price", async ({ page }) => {
  const version = await addVersion(page, await createModel(page, "compared-twins"), "1.0.0");
  const price = { inputPer1k: "0.0025", outputPer1k: "0.015" };
  await addBinding(page, version, "twin", { price });
  await addBinding(page, version, "twin", { price, region: "eu-west-1" });
  await addBinding(page, version, "twin:batch", { price: { ...price, inputPer1k: "0.00125" } });
  await page.goto("/compare?models=compared-twins");
  const lines = row(page, "At OpenAI").getByRole("listitem");
  await expect(lines.filter({ hasText: /input \$1\.25, output \$15 twin:batch, version 1\.0\.0/ })).toHaveCount(1);
  await expect(lines.filter({ hasText: /input \$2\.5, output \$15 twin, version 1\.0\.0/ })).toHaveCount(1);
  await expect(lines.filter({ hasText: /input \$2\.5, output \$15 twin, eu-west-1, version 1\.0\.0/ })).toHaveCount(1);
  await expect(row(page, "Lowest input price").getByRole("cell")).toHaveText("$1.25 at OpenAI, twin:batch");
});

test("models that differ by an artifact or a stated cost alone are said to differ, and what is not compared is said", async ({ page }) => {
  const tier = { meter: "INPUT", amount: "0.004", aboveInputTokens: 200000 };
  const flat = { meter: "INPUT", amount: "0.002" };
  const given = { artifactUrl: "https://example.com/weights", sizeBytes: "1200000", costPer1k: "0.005" };
  const one = await addVersion(page, await createModel(page, "tiered"), "1.0.0", given);
  const two = await addVersion(page, await createModel(page, "untiered"), "1.0.0");
  await addBinding(page, one, "same", { price: { components: [flat, tier] } });
  const binding = await addBinding(page, two, "same", { price: { components: [flat] } });
  await update(page, "Binding", binding, { latencyMs: 120 });
  await page.goto("/compare?models=tiered,untiered&different=true");
  await expect(row(page, "Artifact").first().getByRole("cell").first()).toHaveText("https://example.com/weights");
  await expect(row(page, "Size of the artifact").getByRole("cell").first()).toHaveText("1.2 MB");
  await expect(row(page, "Cost stated for the version").getByRole("cell").first()).toHaveText("$5");
  await expect(row(page, "Best median latency")).toBeHidden(); // what nobody measured is no latency of health
  await expect(page.getByText("Scheduled prices, content hashes, metadata")).toBeVisible();
});

test("a seventh model is said not to be shown, and takes the place of one that is removed", async ({ page }) => {
  await page.goto("/compare?models=gpt-4o,gpt-4o-mini,gpt-4.1,gpt-4.1-mini,o3,o4-mini,claude-3-5-haiku");
  await expect(heads(page)).toHaveCount(7);
  await expect(page.getByText("At most 6 models are compared")).toBeVisible();
  await expect(page.getByText("Not shown: claude-3-5-haiku.")).toBeVisible();
  await page.getByRole("button", { name: "Remove o3" }).click();
  await expect(heads(page).last()).toHaveText("claude-3-5-haiku");
  await expect(page.getByText("Not shown:")).toBeHidden();
});

test("the first column stays while a narrow screen scrolls the others", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 800 });
  await page.goto(THREE);
  const scroller = page.getByRole("region", { name: "Comparison" });
  const header = table(page).getByRole("rowheader", { name: "Lowest input price" });
  const before = await header.boundingBox();
  await scroller.evaluate((element) => element.scrollBy(300, 0));
  await expect.poll(() => scroller.evaluate((element) => element.scrollLeft)).toBeGreaterThan(100);
  const after = await header.boundingBox();
  expect(after?.x).toBe(before?.x);
});

test("a comparison is well shown", async ({ page }) => {
  await page.goto(THREE);
  await expect(row(page, "Lowest input price")).toBeVisible();
  await expectWellShown(page, "compare");
});
