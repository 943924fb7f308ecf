import { api, expect, expectWellShown, type Page, test } from "./page";

/** Two versions of one model, of which the older ends soon and is production. */
async function prepare(page: Page): Promise<string> {
  const name = `retiring-${Date.now()}`;
  const sunsetOn = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
  await api(page, "mutation ($input: CreateModelInput!) { createModel(input: $input) { userErrors { message } } }", {
    input: { name, task: "CHAT" },
  });
  for (const [version, ends] of [["1.0.0", sunsetOn], ["2.0.0", null]]) {
    await api(page, "mutation ($input: CreateVersionInput!) { createVersion(input: $input) { userErrors { message path } } }", {
      input: { model: { name }, version, region: "global", status: "ACTIVE", sunsetOn: ends, contentHash: hash(`${name} ${version}`) },
    });
  }
  await api(page, "mutation ($input: SetAliasInput!) { setAlias(input: $input) { userErrors { message } } }", {
    input: { model: { name }, alias: "production", version: { inModel: { model: { name }, select: { version: "1.0.0" } } } },
  });
  return name;
}

function hash(text: string): string {
  return [...text].reduce((digits, letter) => digits + letter.charCodeAt(0).toString(16), "").padEnd(64, "0").slice(-64);
}

test("a version that ends shows its aliases and a successor, and the alias is moved there", async ({ page }) => {
  const name = await prepare(page);
  await page.goto(`/retirements?model=${name}`);
  const row = page.getByRole("row", { name: new RegExp(name) });
  await expect(row).toContainText("last day");
  await expect(row).toContainText("production");
  await expect(row).toContainText("2.0.0");
  await row.getByRole("button", { name: "Move production" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Move production" }).click();
  await expect(row.getByRole("button", { name: "Move production" })).toHaveCount(0);
  const { model } = await api<{ model: { aliases: { name: string; version: { version: string } }[] } }>(
    page,
    `{ model(by: { name: "${name}" }) { aliases { name version { version } } } }`,
  );
  expect(model.aliases).toEqual([{ name: "production", version: { version: "2.0.0" } }]);
});

test("a successor of another model says that it was found by its name alone", async ({ page }) => {
  // The latest of the family, from the catalog, is released after the one that ends.
  const name = `claude-0-${Date.now()}`;
  const sunsetOn = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  await api(page, "mutation ($input: CreateModelInput!) { createModel(input: $input) { userErrors { message } } }", { input: { name, task: "CHAT" } });
  for (const [model, rest] of [[name, { sunsetOn }], [`${name}-next`, {}]] as const) {
    if (model !== name) {
      await api(page, "mutation ($input: CreateModelInput!) { createModel(input: $input) { userErrors { message } } }", { input: { name: model, task: "CHAT" } });
    }
    const input = { model: { name: model }, version: "1.0.0", region: "global", status: "ACTIVE", releasedOn: "2099-01-01", contentHash: hash(model), ...rest };
    await api(page, "mutation ($input: CreateVersionInput!) { createVersion(input: $input) { userErrors { message path } } }", { input });
  }
  await api(page, "mutation ($input: CreateBindingInput!) { createBinding(input: $input) { userErrors { message } } }", {
    input: {
      version: { inModel: { model: { name: `${name}-next` }, select: { latest: true } } },
      binding: { provider: "anthropic", providerModelId: "next" },
    },
  });
  await page.goto(`/retirements?model=${name}`);
  const row = page.getByRole("row", { name: new RegExp(name) });
  await expect(row).toContainText(`${name}-next 1.0.0`);
  await expect(row).toContainText("by its name alone");
  await expect(row.getByRole("button")).toHaveCount(0);
});

test("filters are in the address", async ({ page }) => {
  const name = await prepare(page);
  await page.goto("/retirements");
  await expect(page.getByRole("row", { name: new RegExp(name) })).toBeVisible();
  await page.getByLabel("Only what an alias points to").check();
  await expect(page).toHaveURL(/aliased=true/);
  await expect(page.getByRole("row", { name: new RegExp(name) })).toBeVisible();
  await page.getByRole("combobox", { name: "What happens" }).click();
  await page.getByRole("option", { name: "Deprecations" }).click();
  await expect(page).toHaveURL(/kind=DEPRECATION/);
  await expect(page.getByText("Nothing is known to be deprecated or to end")).toBeVisible();
  await page.getByRole("button", { name: "Reset" }).click();
  await expect(page).toHaveURL(/\/retirements$/);
  await page.getByLabel("First day (UTC)").fill("2020-01-01");
  await expect(page).toHaveURL(/from=2020-01-01/);
  await expect(page.getByRole("row").nth(2)).toBeVisible();
  await expectWellShown(page, "retirements");
});
