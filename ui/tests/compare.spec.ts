import { type Page } from "@playwright/test";

import { api, expect, expectWellShown, test } from "./page";

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
  await expect(cells.nth(1)).toHaveText(`$${perMillion}lowest`);
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
