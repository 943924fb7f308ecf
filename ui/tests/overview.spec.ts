import { api, expect, expectWellShown, type Page, test } from "./page";

type Imported = { catalog: { lastImport: { entries: number; created: number } } };
type Counts = { stats: { models: number; versions: number; bindings: number; providers: number } };

async function write(page: Page, verb: string, input: string, given: object): Promise<void> {
  const document = `mutation ($input: ${input}!) { ${verb}(input: $input) { userErrors { message } } }`;
  const data = await api<Record<string, { userErrors: unknown[] }>>(page, document, { input: given });
  expect(data[verb]?.userErrors).toEqual([]);
}

test("the overview shows the counts, the providers and the latest changes of the registry", async ({ page }) => {
  await page.goto("/");
  const { stats } = await api<Counts>(page, "{ stats { models versions bindings providers } }");
  const number = new Intl.NumberFormat("en");
  for (const value of Object.values(stats)) await expect(page.getByText(number.format(value), { exact: true }).first()).toBeVisible();
  const providers = page.getByRole("table", { name: "Health by provider" });
  await expect(providers.getByRole("row")).toHaveCount(stats.providers + 1);
  await expect(page.getByRole("region", { name: "Imports and retention" }).or(page.locator("section[aria-label='Imports and retention']")).first()).toContainText("genai-prices: imported");
  const { catalog } = await api<Imported>(page, "{ catalog(name: \"genai-prices\") { lastImport { entries created } } }");
  const { entries, created } = catalog.lastImport;
  expect(entries).toBeGreaterThan(0);
  await expect(page.getByText(`${number.format(entries)} entries, ${number.format(created)} objects created`)).toBeVisible();
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

test("what retires soon is shown with its aliases and its number of bindings, and a link to the changes of imports", async ({ page }) => {
  const name = `retires-soon-${Date.now()}`;
  const dayIn = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const [deprecatedOn, sunsetOn] = [dayIn(5), dayIn(40)];
  await write(page, "createModel", "CreateModelInput", { name, task: "CHAT" });
  await write(page, "createVersion", "CreateVersionInput", {
    model: { name }, version: "1.0.0", contentHash: "a".repeat(64), region: "eu", status: "ACTIVE", deprecatedOn, sunsetOn,
  });
  await write(page, "setAlias", "SetAliasInput", { model: { name }, alias: "soonest", version: { inModel: { model: { name }, select: { latest: true } } } });
  await page.goto("/");
  const rows = page.getByRole("table", { name: "Retirements that come soon" }).getByRole("row").filter({ hasText: name });
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText("Deprecated");
  await expect(rows.nth(1)).toContainText("Last day");
  for (const row of await rows.all()) await expect(row).toContainText("soonest");
  await expect(rows.nth(0).getByRole("cell").last()).toHaveText("0");
  await page.getByRole("link", { name: "Its changes: the audit events of imports of genai-prices" }).click();
  await expect(page).toHaveURL(/\/audit\?actors=/);
});
