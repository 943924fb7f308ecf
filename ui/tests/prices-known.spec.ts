// A price per page or per second is as well known as one per token, and a binding without a limit of its own has its version's.
import { expect, test } from "./page";
import { addBinding, addVersion, createModel } from "./writes";

const PAGE_PRICE = "input: $0.002 per page";
const TIER = "input above 200,000 input tokens: $5 per 1M tokens";

test("prices that are not per token, tiers, and limits of the version are shown wherever a binding is", async ({ page }) => {
  const model = await createModel(page, "page-priced");
  const version = await addVersion(page, model, "1.0.0", { contextWindow: 123456, maxOutputTokens: 7890, capabilities: ["TOOLS"] });
  const components = [
    { meter: "INPUT", unit: "PAGE", amount: "0.002" },
    { meter: "INPUT", unit: "TOKENS_1K", amount: "0.005", aboveInputTokens: 200000 },
  ];
  await addBinding(page, version, "ocr-1", { price: { components } });

  await page.goto("/models/page-priced?tab=bindings");
  const binding = page.getByRole("table", { name: "Provider bindings" }).getByRole("row").nth(1);
  for (const text of [PAGE_PRICE, TIER, "123,456", "7,890"]) await expect(binding).toContainText(text);

  await page.goto("/models/page-priced?tab=prices");
  const price = page.getByRole("table", { name: "Prices of all bindings" }).getByRole("row").nth(1);
  for (const text of [PAGE_PRICE, TIER]) await expect(price).toContainText(text);

  await page.goto("/compare?models=page-priced,gpt-4o");
  const offer = page.getByRole("table", { name: "Comparison" }).getByRole("row", { name: /At OpenAI/ });
  for (const text of [PAGE_PRICE, TIER]) await expect(offer).toContainText(text);
  await expect(offer).not.toContainText("price unknown");

  await page.goto("/routing?model=page-priced");
  const candidate = page.getByRole("table", { name: "Candidates, best first" }).locator("tbody tr").first();
  for (const text of [PAGE_PRICE, TIER]) await expect(candidate).toContainText(text);
});
