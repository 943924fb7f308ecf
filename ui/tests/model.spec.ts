import { api, expect, expectWellShown, test } from "./page";

const MODEL = "gpt-4o";

test("a model shows its versions and what happened to them", async ({ page }) => {
  await page.goto(`/models/${MODEL}`);
  await expect(page.getByRole("heading", { level: 1, name: MODEL })).toBeVisible();
  const { model } = await api<{ model: { versions: { nodes: { version: string }[] } } }>(
    page,
    `{ model(by: { name: "${MODEL}" }) { versions(first: 100) { nodes { version } } } }`,
  );
  const table = page.getByRole("table", { name: "Versions" });
  await expect(table.getByRole("row")).toHaveCount(model.versions.nodes.length + 1);
  for (const { version } of model.versions.nodes) {
    await expect(table.getByRole("cell", { name: new RegExp(`^${version}`) })).toBeVisible();
    await expect(page.getByText(`${version} added to the registry`)).toBeVisible();
  }
  await expectWellShown(page, "model-versions");
});

test("each tab has an address, and shows what the registry holds", async ({ page }) => {
  await page.goto(`/models/${MODEL}`);
  await page.getByRole("tab", { name: "Bindings" }).click();
  await expect(page).toHaveURL(/tab=bindings/);
  const bindings = page.getByRole("table", { name: "Provider bindings" });
  await expect(bindings.getByRole("row", { name: /OpenAI/ }).first()).toContainText("$2.5");
  await expectWellShown(page, "model-bindings");

  await page.goto(`/models/${MODEL}?tab=prices`);
  await expect(page.getByRole("table", { name: "Prices of all bindings" }).getByRole("row").nth(1)).toContainText("$");
  await expect(page.locator(".recharts-surface").first()).toBeVisible();
  await expectWellShown(page, "model-prices");

  await page.goto(`/models/${MODEL}?tab=catalogs`);
  await expect(page.getByRole("table", { name: "Entries of catalogs" })).toContainText("genai-prices");
  await expectWellShown(page, "model-catalogs");

  await page.goto(`/models/${MODEL}?tab=usage`);
  await expect(page.getByText("No gateway has reported a call")).toBeVisible();
});

test("outcomes that a gateway reports appear as usage", async ({ page }) => {
  const { model } = await api<{ model: { bindings: { nodes: { id: string }[] } } }>(
    page,
    `{ model(by: { name: "${MODEL}" }) { bindings(first: 2) { nodes { id } } } }`,
  );
  const [binding, limited] = model.bindings.nodes.map(({ id }) => id);
  const at = new Date().toISOString();
  const items = ["SUCCESS", "SUCCESS", "SUCCESS", "UPSTREAM_ERROR"].map((outcome) => ({ binding, at, outcome, latencyMs: 321 }));
  items.push({ binding: limited, at, outcome: "RATE_LIMITED", latencyMs: 5 });
  await api(page, "mutation ($input: ReportOutcomesInput!) { reportOutcomes(input: $input) { accepted rejected userErrors { message } } }", { input: { items } });
  await page.goto(`/models/${MODEL}?tab=usage&days=1`);
  const row = page.getByRole("table", { name: "Sums of this time" }).getByRole("row").nth(1);
  await expect(row).toContainText("75%");
  // A call that a limit refused is no failed call: nothing is known of the success of the binding that had no other.
  const refused = page.getByRole("table", { name: "Sums of this time" }).getByRole("row").nth(2);
  await expect(refused.getByRole("cell")).toContainText([/./, "1", "0", "1", "–"]);
  await expectWellShown(page, "model-usage");
});

test("an alias is rolled back by one click and one answer", async ({ page }) => {
  const { model } = await api<{ model: { id: string; versions: { nodes: { id: string; version: string }[] } } }>(
    page,
    `{ model(by: { name: "${MODEL}" }) { id versions(first: 2) { nodes { id version } } } }`,
  );
  const [newer, older] = model.versions.nodes;
  for (const version of [older, newer]) {
    await api(page, "mutation ($input: SetAliasInput!) { setAlias(input: $input) { userErrors { message } } }", {
      input: { model: { id: model.id }, alias: "production", version: { id: version?.id } },
    });
  }
  await page.goto(`/models/${MODEL}?tab=aliases`);
  await expect(page.getByRole("heading", { name: `production is ${newer?.version}` })).toBeVisible();
  await expectWellShown(page, "model-aliases");
  await page.getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await expect(page.getByRole("heading", { name: `production is ${older?.version}` })).toBeVisible();
  const after = await api<{ model: { aliases: { version: { id: string } }[] } }>(
    page,
    `{ model(by: { name: "${MODEL}" }) { aliases { version { id } } } }`,
  );
  expect(after.model.aliases[0]?.version.id).toBe(older?.id);
});

test("a change that somebody else makes appears without a click", async ({ page }) => {
  await page.goto(`/models/${MODEL}`);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const description = `Changed while the page was open, at ${Date.now()}.`;
  await api(page, "mutation ($input: UpdateModelInput!) { updateModel(input: $input) { userErrors { message } } }", {
    input: { model: { name: MODEL }, description },
  });
  await expect(page.getByText(description)).toBeVisible();
});

test("a name that no model can have is said to be none", async ({ page }) => {
  for (const name of ["x".repeat(201), "x".repeat(3_000), "two%20words"]) {
    await page.goto(`/models/${name}`);
    await expect(page.getByText("No model has such a name: names have 1 to 200 letters")).toBeVisible();
    await expect(page.getByRole("alert")).toHaveCount(0);
  }
});

test("a model that does not exist says so", async ({ page }) => {
  await page.goto("/models/no-such-model");
  await expect(page.getByText("The registry has no model with the name no-such-model")).toBeVisible();
});
