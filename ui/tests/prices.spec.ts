import { api, expect, expectWellShown, test } from "./page";

type Offers = { bindings: { nodes: { modelName: string; providerModelId: string; estimateCost: { amount: string | null } }[] } };

const CHEAPEST = `query ($filter: BindingFilter, $usage: UsageInput!) {
  bindings(first: 50, filter: $filter, orderBy: { field: ESTIMATED_COST, usage: $usage }) {
    nodes { modelName providerModelId estimateCost(usage: $usage) { amount } }
  }
}`;

test("the cheapest provider for what is needed comes first", async ({ page }) => {
  await page.goto("/prices");
  const offers = page.getByRole("table", { name: "Offers, the cheapest first" });
  await expect(offers.getByRole("row").nth(1)).toBeVisible();
  await page.getByLabel("Input tokens").fill("20000");
  await page.getByLabel("Output tokens").fill("1000");
  await page.getByLabel("Context window of at least").fill("200000");
  await page.getByRole("combobox", { name: "Capabilities" }).or(page.getByLabel("Capabilities")).first().click();
  await page.getByRole("option", { name: "Tools", exact: true }).click();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/input=20000/);
  await expect(page).toHaveURL(/output=1000/);
  await expect(page).toHaveURL(/context=200000/);
  await expect(page).toHaveURL(/TOOLS/);
  const { bindings } = await api<Offers>(page, CHEAPEST, {
    filter: { routable: true, capabilities: ["TOOLS"], contextWindow: { gte: 200_000 } },
    usage: { inputTokens: 20_000, outputTokens: 1_000 },
  });
  if (bindings.nodes.length === 0) await expect(page.getByText("No binding that can be called now")).toBeVisible();
  else await expect(offers.getByRole("row").nth(1)).toContainText(bindings.nodes[0]?.providerModelId ?? "");
  const address = page.url();
  await page.goto("/");
  await page.goto(address);
  await expect(page.getByLabel("Input tokens")).toHaveValue("20000");
  await page.getByRole("button", { name: "Reset" }).click();
  await expect(page).toHaveURL(/\/prices$/);
  await expect(offers.getByRole("row")).toHaveCount(51);
  await page.getByRole("button", { name: "Show more" }).click();
  await expect(offers.getByRole("row")).toHaveCount(101);
  await expectWellShown(page, "prices");
});

test("the form shows what the address says, also after a click on the menu", async ({ page }) => {
  await page.goto("/prices?input=100000&model=1.0");
  await expect(page.getByLabel("Model", { exact: true })).toHaveValue("1.0");
  await page.getByRole("navigation").getByRole("link", { name: "Prices" }).click();
  await expect(page).toHaveURL(/\/prices$/);
  await expect(page.getByLabel("Input tokens")).toHaveValue("3000");
  await expect(page.getByLabel("Model", { exact: true })).toHaveValue("");
});

test("of one model all offers are compared", async ({ page }) => {
  await page.goto("/prices?model=gpt-4o");
  const { bindings } = await api<Offers>(page, CHEAPEST, {
    filter: { routable: true, models: [{ name: "gpt-4o" }] },
    usage: { inputTokens: 3_000, outputTokens: 500 },
  });
  const rows = page.getByRole("table", { name: "Offers, the cheapest first" }).getByRole("row");
  await expect(rows).toHaveCount(bindings.nodes.length + 1);
  for (const [index, { providerModelId }] of bindings.nodes.entries()) {
    await expect(rows.nth(index + 1)).toContainText(providerModelId);
  }
});

test("a price that changes appears among the changes", async ({ page }) => {
  const { bindings } = await api<{ bindings: { nodes: { id: string; providerModelId: string; price: { inputPer1k: string } }[] } }>(
    page,
    `{ bindings(first: 1, filter: { models: [{ name: "gpt-4o" }], providers: ["openai"], providerModelIds: ["gpt-4o"] }) { nodes { id providerModelId price { inputPer1k } } } }`,
  );
  const [binding] = bindings.nodes;
  await page.goto("/prices?view=changes");
  await api(page, "mutation ($input: SetPriceInput!) { setPrice(input: $input) { userErrors { message } } }", {
    input: { binding: { id: binding?.id }, price: { inputPer1k: "0.00375", outputPer1k: "0.01" } },
  });
  const row = page.getByRole("row", { name: /\$2\.5 → \$3\.75/ });
  await expect(row).toContainText(binding?.providerModelId ?? "");
  await expect(row).toContainText("▲ +50%");
  await row.getByRole("link", { name: "gpt-4o" }).click();
  await expect(page).toHaveURL(/\/models\/gpt-4o\?tab=prices/);
});

test("changes of prices are well shown", async ({ page }) => {
  await page.goto("/prices?view=changes");
  await expect(page.getByRole("table", { name: "Changes of prices, newest first" })).toBeVisible();
  await expectWellShown(page, "prices-changes");
});
