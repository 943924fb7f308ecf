// Aliases are set, moved, rolled back and deleted, and each of it undone.
import type { Page } from "@playwright/test";

import { api, expect, expectWellShown, test } from "./page";
import { addVersion, createModel, dialog, field, setAlias } from "./writes";

/** The aliases of a model with the versions that they name. */
async function aliases(page: Page, name: string): Promise<Record<string, string>> {
  const { model } = await api<{ model: { aliases: { name: string; version: { version: string } }[] } }>(
    page, `{ model(by: { name: "${name}" }) { aliases { name version { version } } } }`,
  );
  return Object.fromEntries(model.aliases.map(({ name, version }) => [name, version.version]));
}

type Made = { id: string; one: string; two: string; three: string };

async function made(page: Page, name: string, alias = ""): Promise<Made> {
  const id = await createModel(page, name);
  const [one, two, three] = [await addVersion(page, id, "1.0.0"), await addVersion(page, id, "2.0.0"), await addVersion(page, id, "3.0.0")];
  if (alias) await setAlias(page, id, alias, one);
  await page.goto(`/models/${name}?tab=aliases`);
  return { id, one, two, three };
}

/** The button of the newest notice: an older one may not have slid out yet. */
const undo = (page: Page, notice: string) => page.getByRole("alert").filter({ hasText: notice }).getByRole("button", { name: "Undo" });

test("an alias is set, after its refused values were shown at their fields, and undone", async ({ page }) => {
  await made(page, "alias-set");
  await page.getByRole("button", { name: "Set an alias" }).click();
  const form = dialog(page, "Set an alias of alias-set");
  const set = form.getByRole("button", { name: "Set" });
  await set.click();
  await expect(form.getByLabel(/^Alias/)).toHaveAccessibleDescription(/Alias is needed/);
  await field(form, "Alias").fill("latest");
  const version = form.getByRole("combobox", { name: "Version" });
  await version.fill("1.0.0");
  await page.keyboard.press("Tab");
  await expectWellShown(page, "write-alias");
  await set.click();
  await expect(field(form, "Alias")).toHaveAccessibleDescription(/latest.*latest/s);
  await field(form, "Alias").fill("production");
  await version.fill("9.9.9");
  await set.click();
  await expect(version).toHaveAccessibleDescription(/not exist|no version/i);
  await version.fill("1.0.0");
  await page.keyboard.press("Tab"); // closes the list of proposals
  await set.click();
  await expect(page.getByRole("heading", { name: "production is 1.0.0" })).toBeVisible();
  expect(await aliases(page, "alias-set")).toEqual({ production: "1.0.0" });
  await undo(page, "production names 1.0.0 now.").click();
  await expect(page.getByText("This model has no alias")).toBeVisible();
  expect(await aliases(page, "alias-set")).toEqual({});
});

test("a move of an alias, and a deletion, are undone from their notices", async ({ page }) => {
  await made(page, "alias-moved", "production");
  await page.getByRole("button", { name: "Move production" }).click();
  const form = dialog(page, "Move production");
  await form.getByRole("combobox", { name: "Version" }).fill("2.0.0");
  await form.getByRole("button", { name: "Move" }).click();
  await expect(page.getByText("production was moved from 1.0.0 to 2.0.0.")).toBeVisible();
  expect(await aliases(page, "alias-moved")).toEqual({ production: "2.0.0" });
  await expect(page.getByRole("heading", { name: "production is 2.0.0" })).toBeVisible();
  await expectWellShown(page, "write-alias-undo");
  await undo(page, "production was moved from 1.0.0 to 2.0.0.").dblclick();
  await expect(page.getByRole("heading", { name: "production is 1.0.0" })).toBeVisible();
  expect(await aliases(page, "alias-moved")).toEqual({ production: "1.0.0" });

  await page.getByRole("button", { name: "Delete production" }).click();
  await dialog(page, "Delete the alias production").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("This model has no alias")).toBeVisible();
  expect(await aliases(page, "alias-moved")).toEqual({});
  await undo(page, "The alias production is deleted.").click();
  await expect(page.getByRole("heading", { name: "production is 1.0.0" })).toBeVisible();
  expect(await aliases(page, "alias-moved")).toEqual({ production: "1.0.0" });
  await expect(page.getByText("It was not undone")).toHaveCount(0); // as a second undo would be refused
});

test("an undo does not take back what somebody else has done since", async ({ page }) => {
  const { id, three } = await made(page, "alias-late", "production");
  await page.getByRole("button", { name: "Move production" }).click();
  const form = dialog(page, "Move production");
  await form.getByRole("combobox", { name: "Version" }).fill("2.0.0");
  await form.getByRole("button", { name: "Move" }).click();
  await expect(undo(page, "production was moved")).toBeVisible();
  await setAlias(page, id, "production", three);
  await undo(page, "production was moved").click();
  await expect(page.getByText("It was not undone")).toBeVisible();
  expect(await aliases(page, "alias-late")).toEqual({ production: "3.0.0" });
});

for (const [button, after] of [["Take theirs", "3.0.0"], ["Save mine over theirs", "2.0.0"]] as const)
  test(`of two moves of one alias one decides: ${button}`, async ({ page }) => {
    const name = after === "3.0.0" ? "alias-theirs" : "alias-mine";
    const { id, three } = await made(page, name, "production");
    await page.getByRole("button", { name: "Move production" }).click();
    const form = dialog(page, "Move production");
    await form.getByRole("combobox", { name: "Version" }).fill("2.0.0");
    await setAlias(page, id, "production", three);
    await form.getByRole("button", { name: "Move" }).click();
    await expect(form.getByRole("table", { name: "Differences" }).getByRole("row").nth(1)).toHaveText(/1\.0\.0\s*3\.0\.0\s*2\.0\.0/);
    expect(await aliases(page, name)).toEqual({ production: "3.0.0" });
    await form.getByRole("button", { name: button }).click();
    if (after === "2.0.0") await expect(form).toHaveCount(0);
    else await expect(form.getByRole("combobox", { name: "Version" })).toHaveValue("3.0.0");
    expect(await aliases(page, name)).toEqual({ production: after });
  });

/** Archives a version as somebody else would. */
async function archive(page: Page, id: string): Promise<void> {
  const query = "mutation ($input: ArchiveVersionInput!) { archiveVersion(input: $input) { userErrors { message } } }";
  const { archiveVersion } = await api<{ archiveVersion: { userErrors: object[] } }>(page, query, { input: { version: { id } } });
  expect(archiveVersion.userErrors).toEqual([]);
}

test("a roll back skips an archived version, and does what its dialog says", async ({ page }) => {
  const { id, two, three } = await made(page, "alias-archived", "production");
  await setAlias(page, id, "production", two);
  await setAlias(page, id, "production", three);
  await archive(page, two);
  await page.reload();
  await page.getByRole("button", { name: "Roll back production" }).click();
  const form = dialog(page, "Roll back production");
  await expect(form).toContainText("production will name 1.0.0 again, in place of 3.0.0.");
  await form.getByRole("button", { name: "Roll back" }).click();
  await expect(page.getByText("production was moved from 3.0.0 to 1.0.0.")).toBeVisible();
  expect(await aliases(page, "alias-archived")).toEqual({ production: "1.0.0" });
});

test("a roll back is not offered where the alias has no other version to go back to", async ({ page }) => {
  const { id, one, two } = await made(page, "alias-nowhere", "production");
  await setAlias(page, id, "production", two);
  await expect(page.getByRole("button", { name: "Roll back production" })).toBeVisible();
  await archive(page, one);
  await expect(page.getByRole("button", { name: "Roll back production" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Move production" })).toBeVisible();
});

test("a roll back moves nothing when somebody has moved the alias since its dialog was opened", async ({ page }) => {
  const { id, two, three } = await made(page, "alias-raced", "production");
  await setAlias(page, id, "production", two);
  await page.getByRole("button", { name: "Roll back production" }).click();
  const form = dialog(page, "Roll back production");
  await setAlias(page, id, "production", three);
  // The page under the dialog shows the move: the dialog still asks what it asked.
  await expect(page.getByRole("heading", { name: "production is 3.0.0", includeHidden: true })).toBeVisible();
  await expect(form).toContainText("production will name 1.0.0 again, in place of 2.0.0.");
  await form.getByRole("button", { name: "Roll back" }).dblclick();
  await expect(form.getByRole("alert")).toContainText("nothing was done");
  await expect(form.getByRole("row").nth(1)).toHaveText(/2\.0\.0\s*3\.0\.0/);
  await expect(form.getByRole("button", { name: "Roll back all the same" })).toBeVisible();
  expect(await aliases(page, "alias-raced")).toEqual({ production: "3.0.0" });
});
