import { rename } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Page } from "@playwright/test";

import { api, expect, expectWellShown, test } from "./page";

const CREATE_MODEL = "mutation ($input: CreateModelInput!) { createModel(input: $input) { userErrors { message } } }";
const CREATE_VERSION = `mutation ($input: CreateVersionInput!) { createVersion(input: $input) {
  version { id } userErrors { message } } }`;
const SET_ALIAS = "mutation ($input: SetAliasInput!) { setAlias(input: $input) { userErrors { message } } }";
const SET_HOLD = "mutation ($input: SetVersionHoldInput!) { setVersionHold(input: $input) { userErrors { message } } }";
const APPLY = "mutation ($input: RetentionInput!) { applyRetention(input: $input) { userErrors { message } } }";
const ARCHIVE = `query ($name: String!) { model(by: { name: $name }) { versions(first: 5, filter: { statuses: [ARCHIVED] }) {
  nodes { archive { storageUri } } } } }`;
const VERSIONS = `query ($name: String!) { model(by: { name: $name }) { versions(first: 20, orderBy: { field: NUMBER, direction: ASC }) {
  nodes { version status hold { reason } bindings(first: 5) { nodes { providerModelId } } } } } }`;

type Found = { model: { versions: { nodes: { version: string; status: string; hold: { reason: string } | null; bindings: { nodes: unknown[] } }[] } } };
type Created = { createVersion: { userErrors: unknown[] } };

let hashes = 0;

async function addVersion(page: Page, name: string, version: string): Promise<void> {
  hashes += 1;
  const bindings = [{ provider: "openai", providerModelId: `${name}-${version}` }];
  const contentHash = Date.now().toString(16).padStart(40, "0") + hashes.toString(16).padStart(24, "0");
  const input = { model: { name }, version, contentHash, region: "eu-west-1", bindings };
  const { createVersion } = await api<Created>(page, CREATE_VERSION, { input });
  expect(createVersion.userErrors).toEqual([]);
}

/** A model that keeps one version, with the versions 1.0.0, 2.0.0 and so on. */
async function makeModel(page: Page, name: string, count: number): Promise<void> {
  await api(page, CREATE_MODEL, { input: { name, task: "CHAT", retentionKeep: 1 } });
  for (let number = 1; number <= count; number += 1) await addVersion(page, name, `${number}.0.0`);
}

async function statuses(page: Page, name: string): Promise<Record<string, string>> {
  const { model } = await api<Found>(page, VERSIONS, { name });
  return Object.fromEntries(model.versions.nodes.map(({ version, status }) => [version, status]));
}

const inModel = (name: string, version: string) => ({ inModel: { model: { name }, select: { version } } });
const rowsOf = (page: Page, caption: string) => page.getByRole("table", { name: caption }).locator("tbody tr");

test("a plan follows the policy of the address, with reasons and protections", async ({ page }) => {
  await makeModel(page, "kept-one", 4);
  const alias = { model: { name: "kept-one" }, alias: "production", version: inModel("kept-one", "1.0.0") };
  await api(page, SET_ALIAS, { input: alias });
  await page.goto("/retention");
  await page.getByRole("combobox", { name: "Model" }).fill("kept-o");
  await page.getByRole("option", { name: "kept-one" }).click();
  await expect(page).toHaveURL(/model=kept-one/);
  await expect(rowsOf(page, "Versions to archive")).toHaveCount(2); // of 4, the latest and the one with an alias stay
  await expect(page.getByText("This plan would archive 2 versions of 1 model.")).toBeVisible();
  await expect(rowsOf(page, "Protected versions")).toContainText("1.0.0");
  await expect(rowsOf(page, "Protected versions")).toContainText("production");
  await page.getByLabel("Versions to keep").fill("3");
  await expect(page).toHaveURL(/keep=3/);
  await expect(page.getByText("Nothing to do: every version is kept or protected.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Apply this plan" })).toHaveCount(0);
  await page.reload();
  await expect(page.getByLabel("Versions to keep")).toHaveValue("3");
  await page.getByLabel("Versions to keep").fill("11");
  await expect(page.getByText("Give a whole number from 1 to 10.")).toBeVisible();
  await page.getByRole("button", { name: "Reset the policy" }).click();
  await expect(page).toHaveURL(/\/retention$/);
  await expect(rowsOf(page, "Versions to archive")).toHaveCount(2); // nothing else is old
});

test("a plan is applied after a question that says what will happen, and versions are restored", async ({ page }) => {
  await makeModel(page, "kept-two", 3);
  await page.goto("/retention?model=kept-two");
  await expect(rowsOf(page, "Versions to archive")).toHaveCount(2);
  await page.getByRole("button", { name: "Apply this plan" }).click();
  const question = page.getByRole("dialog");
  await expect(question).toContainText("This archives 2 versions of 1 model");
  await expect(question).toContainText("kept-two: 2.0.0, 1.0.0");
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(question).toHaveCount(0);
  expect(await statuses(page, "kept-two")).toEqual({ "1.0.0": "ACTIVE", "2.0.0": "ACTIVE", "3.0.0": "ACTIVE" });

  await page.getByRole("button", { name: "Apply this plan" }).click();
  await question.getByRole("button", { name: "Apply this plan" }).click();
  await expect(page.getByText("Archived 2, deleted for good 0.")).toBeVisible();
  expect(await statuses(page, "kept-two")).toEqual({ "1.0.0": "ARCHIVED", "2.0.0": "ARCHIVED", "3.0.0": "ACTIVE" });
  await expect(page.getByText("Nothing to do: every version is kept or protected.")).toBeVisible();
  await expect(page.getByText(/archived 2, purged 0, by anonymous/)).toBeVisible(); // the last run

  await page.getByRole("tab", { name: "Archives" }).click();
  await expect(page).toHaveURL(/tab=archives/);
  const archives = rowsOf(page, "Archived versions");
  await expect(archives).toHaveCount(2);
  const first = archives.filter({ hasText: "1.0.0" });
  await expect(first).toContainText("by retention");
  await expect(first).toContainText(/\d+(\.\d+)? (bytes|kB)/);
  await first.getByRole("button", { name: "Restore kept-two 1.0.0" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
  await expect(archives).toHaveCount(1);
  await expect(page.getByText("kept-two 1.0.0 is restored, with its bindings and prices.")).toBeVisible();
  const { model } = await api<Found>(page, VERSIONS, { name: "kept-two" });
  expect(model.versions.nodes[0]).toMatchObject({ version: "1.0.0", status: "ACTIVE", bindings: { nodes: [{ providerModelId: "kept-two-1.0.0" }] } });
});

test("an archive that cannot be read is not restored, and the page says why", async ({ page }) => {
  await makeModel(page, "kept-eleven", 2);
  await api(page, APPLY, { input: { model: { name: "kept-eleven" } } });
  const { model } = await api<{ model: { versions: { nodes: { archive: { storageUri: string } }[] } } }>(page, ARCHIVE, { name: "kept-eleven" });
  const file = fileURLToPath(model.versions.nodes[0]?.archive.storageUri ?? "");
  await page.goto("/retention?tab=archives&model=kept-eleven");
  const restore = page.getByRole("button", { name: "Restore kept-eleven 1.0.0" });
  const confirmed = page.getByRole("dialog").getByRole("button", { name: "Restore" });
  await rename(file, `${file}.away`);
  await restore.click();
  await confirmed.click();
  await expect(page.getByText("kept-eleven 1.0.0 was not restored")).toBeVisible();
  expect(await statuses(page, "kept-eleven")).toEqual({ "1.0.0": "ARCHIVED", "2.0.0": "ACTIVE" });
  await rename(`${file}.away`, file);
  await restore.click();
  await confirmed.click();
  await expect(page.getByText("There is nothing of kept-eleven.")).toBeVisible();
  expect(await statuses(page, "kept-eleven")).toEqual({ "1.0.0": "ACTIVE", "2.0.0": "ACTIVE" });
});

test("a plan that has changed meanwhile is not applied", async ({ page }) => {
  await makeModel(page, "kept-three", 2);
  await page.goto("/retention?model=kept-three");
  await expect(rowsOf(page, "Versions to archive")).toHaveCount(1);
  await page.getByRole("button", { name: "Apply this plan" }).click();
  // The page has the plan of before, as if it had not heard of the change yet.
  await page.route("**/graphql", async (route) => {
    const { variables } = route.request().postDataJSON() as { variables?: { input?: { planHash?: string } } };
    if (variables?.input?.planHash) await addVersion(page, "kept-three", "3.0.0");
    await route.continue();
  });
  await page.getByRole("dialog").getByRole("button", { name: "Apply this plan" }).click();
  await expect(page.getByRole("alert")).toContainText("Nothing was changed");
  await expect(page.getByText("The plan below is the one of now.")).toBeVisible();
  await expect(rowsOf(page, "Versions to archive")).toHaveCount(2);
  expect(Object.values(await statuses(page, "kept-three"))).toEqual(["ACTIVE", "ACTIVE", "ACTIVE"]);
});

test("a version is held from the plan, and from the list of holds, and released", async ({ page }) => {
  await makeModel(page, "kept-four", 3);
  await page.goto("/retention?model=kept-four");
  await page.getByRole("button", { name: "Hold kept-four 1.0.0" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Hold", exact: true }).click();
  await expect(dialog).toContainText("Say why");
  await dialog.getByLabel("Reason").fill("an audit needs it");
  await dialog.getByRole("button", { name: "Hold", exact: true }).click();
  await expect(rowsOf(page, "Versions to archive")).toHaveCount(1);
  await expect(rowsOf(page, "Protected versions")).toContainText("an audit needs it");

  await page.getByRole("tab", { name: "Holds" }).click();
  const held = rowsOf(page, "Held versions");
  await expect(held).toHaveCount(1);
  await expect(held).toContainText("anonymous");
  await page.getByRole("button", { name: "Hold a version" }).click();
  await page.getByRole("dialog").getByRole("combobox", { name: "Version" }).click();
  await page.getByRole("option", { name: "2.0.0, active" }).click();
  await page.getByRole("dialog").getByLabel("Reason").fill("compared with 3.0.0");
  await page.getByRole("dialog").getByRole("button", { name: "Hold", exact: true }).click();
  await expect(held).toHaveCount(2);

  await held.filter({ hasText: "1.0.0" }).getByRole("button", { name: "Lift the hold on kept-four 1.0.0" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Lift" }).click();
  await expect(held).toHaveCount(1);
  const { model } = await api<Found>(page, VERSIONS, { name: "kept-four" });
  expect(model.versions.nodes.map(({ hold }) => hold?.reason)).toEqual([undefined, "compared with 3.0.0", undefined]);
});

test("two people who hold the same version see each other", async ({ page }) => {
  await makeModel(page, "kept-five", 2);
  await page.goto("/retention?model=kept-five");
  await page.getByRole("button", { name: "Hold kept-five 1.0.0" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("mine");
  await api(page, SET_HOLD, { input: { version: inModel("kept-five", "1.0.0"), reason: "theirs" } });
  await expect(dialog.getByRole("alert")).toContainText("anonymous holds it: “theirs”.");
  await expect(dialog.getByRole("button", { name: "Hold", exact: true })).toBeDisabled();
  await dialog.getByRole("button", { name: "Go on with mine" }).click();
  await dialog.getByRole("button", { name: "Hold", exact: true }).click();
  await expect(dialog).toHaveCount(0);
  const { model } = await api<Found>(page, VERSIONS, { name: "kept-five" });
  expect(model.versions.nodes[0]?.hold?.reason).toBe("mine");
});

test("archives are deleted for good after a question", async ({ page }) => {
  await makeModel(page, "kept-six", 2);
  await page.goto("/retention?model=kept-six&purgeBefore=2020-01-01");
  await expect(page.getByLabel("Delete archives from before (UTC)")).toHaveValue("2020-01-01");
  const apply = page.getByRole("button", { name: "Apply this plan" });
  const question = page.getByRole("dialog");
  await apply.click();
  await question.getByRole("button", { name: "Apply this plan" }).click();
  await expect(page.getByText("Archived 1, deleted for good 0.")).toBeVisible();
  expect(await statuses(page, "kept-six")).toEqual({ "1.0.0": "ARCHIVED", "2.0.0": "ACTIVE" });

  // The field takes whole days, and what is archived is of today: the request asks for the moment instead.
  const now = new Date().toISOString();
  await page.route("**/graphql", (route) => {
    const postData = (route.request().postData() ?? "").replace("2020-01-01T00:00:00Z", now);
    return route.continue({ postData });
  });
  await page.reload();
  await expect(rowsOf(page, "Versions to delete for good")).toHaveCount(1);
  await apply.click();
  await expect(question).toContainText("This deletes 1 version of 1 model for good. It cannot be undone.");
  await question.getByRole("button", { name: "Apply this plan" }).click();
  await expect(page.getByText("Archived 0, deleted for good 1.")).toBeVisible();
  expect(await statuses(page, "kept-six")).toEqual({ "2.0.0": "ACTIVE" });
});

test("wrong policies and empty lists say what to do", async ({ page }) => {
  await page.goto("/retention?model=nobody");
  await expect(page.getByRole("alert")).toContainText("the model does not exist");
  await page.goto("/retention?keep=77");
  await expect(page.getByRole("alert")).toContainText("keep must be from 1 to 10");
  await page.goto("/retention?tab=archives&model=gpt-4o");
  await expect(page.getByText("There is nothing of gpt-4o. Clear the model to see all.")).toBeVisible();
});

const ISSUE = "mutation ($input: CreateTokenInput!) { createToken(input: $input) { secret userErrors { message } } }";

/** Opens pages with a token of this role from now on. */
async function signIn(page: Page, role: "READER" | "EDITOR"): Promise<void> {
  const input = { name: `retention-${role.toLowerCase()}`, role, expiresAt: null };
  const { createToken } = await api<{ createToken: { secret: string } }>(page, ISSUE, { input });
  await page.addInitScript((kept) => sessionStorage.setItem("registry.token", kept), createToken.secret);
}

test("a reader sees plans, archives and holds, and is offered no write", async ({ page }) => {
  await makeModel(page, "kept-nine", 4);
  await api(page, SET_HOLD, { input: { version: inModel("kept-nine", "1.0.0"), reason: "an audit" } });
  await api(page, APPLY, { input: { model: { name: "kept-nine" }, keep: 2 } });
  await signIn(page, "READER");
  await page.goto("/retention?model=kept-nine");
  await expect(rowsOf(page, "Versions to archive")).toHaveCount(1);
  await expect(page.getByRole("button", { name: /Apply|Hold/ })).toHaveCount(0);
  await expect(page.getByLabel("Delete archives from before (UTC)")).toHaveCount(0);
  await page.getByRole("tab", { name: "Archives" }).click();
  await expect(rowsOf(page, "Archived versions")).toHaveCount(1);
  await expect(page.getByRole("button", { name: /Restore|Hold/ })).toHaveCount(0);
  await page.getByRole("tab", { name: "Holds" }).click();
  await expect(rowsOf(page, "Held versions")).toHaveCount(1);
  await expect(page.getByRole("button", { name: /Hold|Lift/ })).toHaveCount(0);
});

test("an editor may apply a plan, but delete nothing for good", async ({ page }) => {
  await makeModel(page, "kept-ten", 2);
  await signIn(page, "EDITOR");
  await page.goto("/retention?model=kept-ten&purgeBefore=2020-01-01");
  await expect(page.getByText("Only an administrator may delete archives.")).toBeVisible();
  await expect(page.getByLabel("Delete archives from before (UTC)")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Apply this plan" })).toHaveCount(0);
  await page.getByRole("button", { name: "Reset the policy" }).click();
  await page.goto("/retention?model=kept-ten");
  await page.getByRole("button", { name: "Apply this plan" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Apply this plan" }).click();
  await expect(page.getByText("Archived 1, deleted for good 0.")).toBeVisible();
});

test("the page is well shown", async ({ page }) => {
  await makeModel(page, "kept-seven", 5);
  await api(page, SET_HOLD, { input: { version: inModel("kept-seven", "1.0.0"), reason: "The regulator may ask for it until 2028." } });
  await page.goto("/retention?model=kept-seven");
  await expect(rowsOf(page, "Protected versions")).toHaveCount(1);
  await expectWellShown(page, "retention");
  await makeModel(page, "kept-eight", 4);
  await api(page, APPLY, { input: { model: { name: "kept-eight" } } });
  await page.goto("/retention?tab=archives");
  await expect(rowsOf(page, "Archived versions").first()).toBeVisible();
  await expectWellShown(page, "retention-archives");
  await page.goto("/retention?tab=holds");
  await expect(rowsOf(page, "Held versions").first()).toBeVisible();
  await expectWellShown(page, "retention-holds");
});
