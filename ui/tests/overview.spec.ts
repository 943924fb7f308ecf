import { api, expect, expectWellShown, test } from "./page";

type Counts = { stats: { models: number; versions: number; bindings: number; providers: number } };

test("the overview shows the counts, the providers and the latest changes of the registry", async ({ page }) => {
  await page.goto("/");
  const { stats } = await api<Counts>(page, "{ stats { models versions bindings providers } }");
  const number = new Intl.NumberFormat("en");
  for (const value of Object.values(stats)) await expect(page.getByText(number.format(value), { exact: true }).first()).toBeVisible();
  const providers = page.getByRole("table", { name: "Health by provider" });
  await expect(providers.getByRole("row")).toHaveCount(stats.providers + 1);
  await expect(page.getByRole("region", { name: "Imports and retention" }).or(page.locator("section[aria-label='Imports and retention']")).first()).toContainText("genai-prices: imported");
  await expect(page.getByText("None: no binding is left out for its failures.")).toBeVisible();
  await expectWellShown(page, "overview");
  await providers.getByRole("link", { name: "OpenAI", exact: true }).click();
  await expect(page).toHaveURL(/\/models\?providers=/);
});

test("a circuit that opens and a change appear by themselves", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const { bindings } = await api<{ bindings: { nodes: { id: string }[] } }>(page, "{ bindings(first: 1, filter: { providers: [\"openai\"] }) { nodes { id } } }");
  const { setCircuit } = await api<{ setCircuit: { userErrors: unknown[] } }>(
    page,
    "mutation ($input: SetCircuitInput!) { setCircuit(input: $input) { userErrors { message } } }",
    { input: { binding: { id: bindings.nodes[0]?.id }, state: "OPEN", until: new Date(Date.now() + 1_800_000).toISOString(), reason: "The provider announced an outage" } },
  );
  expect(setCircuit.userErrors).toEqual([]);
  await expect(page.getByText("The provider announced an outage").first()).toBeVisible();
  const name = `created-while-open-${Date.now()}`;
  await api(page, "mutation ($input: CreateModelInput!) { createModel(input: $input) { userErrors { message } } }", {
    input: { name, task: "CHAT" },
  });
  const changes = page.locator("section[aria-label='Latest changes']");
  await expect(changes.getByRole("link", { name })).toBeVisible();
  await changes.getByRole("link", { name }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
});
