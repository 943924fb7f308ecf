// Models and versions are written by the forms of the page; what is stored is asked of the API.
import type { Page } from "@playwright/test";

import { api, expect, expectWellShown, test } from "./page";
import { addVersion, createModel, dialog, field, HASH, openMenu } from "./writes";

type Model = { id: string; name: string; task: string; subject: string | null; description: string | null; retentionKeep: number; labels: { key: string; value: string }[] };

const model = async (page: Page, name: string) =>
  (await api<{ model: Model | null }>(page, `{ model(by: { name: "${name}" }) { id name task subject description retentionKeep labels { key value } } }`)).model;

test("a model is created, after its refused values were shown at their fields", async ({ page }) => {
  await page.goto("/models");
  await page.getByRole("button", { name: "Create a model" }).click();
  const form = dialog(page, "Create a model");
  const create = form.getByRole("button", { name: "Create" });
  await create.click();
  await expect(field(form, "Name")).toHaveAccessibleDescription(/Name is needed/);
  await expect(field(form, "Name")).toBeFocused();
  await field(form, "Name").fill("GPT-4o");
  await field(form, "Versions to keep").fill("11");
  await create.click();
  await expect(field(form, "Versions to keep")).toHaveAccessibleDescription(/10/);
  await field(form, "Versions to keep").fill("5");
  await create.click();
  await expect(field(form, "Name")).toHaveAccessibleDescription(/exists|taken/);
  await field(form, "Name").fill("by-hand/one");
  await form.getByRole("combobox", { name: "Task" }).click();
  await page.getByRole("option", { name: "embedding" }).click();
  await form.getByRole("button", { name: "Add a label" }).click();
  await create.click();
  await expect(form.getByText("Each label needs a key")).toBeVisible();
  await field(form, "Key of label 1").fill("team");
  await field(form, "Value of label 1").fill("search");
  await expectWellShown(page, "write-model");
  await create.click();
  await expect(page.getByRole("heading", { level: 1, name: "by-hand/one" })).toBeVisible();
  const stored = await model(page, "by-hand/one");
  expect({ ...stored, id: "" }).toEqual({
    id: "", name: "by-hand/one", task: "EMBEDDING", subject: null, description: null, retentionKeep: 5, labels: [{ key: "team", value: "search" }],
  });
});

test("a model is edited: only what was changed is sent, and an empty field is unknown", async ({ page }) => {
  await createModel(page, "edited", { subject: "math", description: "  Kept as it is.  " });
  await page.goto("/models/edited?tab=audit");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  const form = dialog(page, "Edit edited");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form.getByText("Nothing was changed, so there is nothing to save.")).toBeVisible();
  await field(form, "Subject").fill("");
  await field(form, "Name").fill("a b");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(field(form, "Name")).toHaveAccessibleDescription(/letters|name/i);
  await field(form, "Name").fill("edited-again");
  const sent = page.waitForRequest((request) => request.postData()?.includes("edited-again") ?? false);
  await form.getByRole("button", { name: "Save" }).click();
  const { input } = ((await sent).postDataJSON() as { variables: { input: object } }).variables;
  expect(Object.keys(input).sort()).toEqual(["expectedRevision", "idempotencyKey", "model", "name", "subject"]);
  await expect(page).toHaveURL(/\/models\/edited-again\?tab=audit/);
  await expect(page.getByRole("heading", { level: 1, name: "edited-again" })).toBeVisible();
  expect(await model(page, "edited-again")).toMatchObject({ subject: null, description: "  Kept as it is.  " });
});

test("a model with an active version is deleted by force alone", async ({ page }) => {
  const id = await createModel(page, "deleted");
  await addVersion(page, id, "1.0.0");
  await page.goto("/models/deleted");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const form = dialog(page, "Delete deleted");
  await form.getByRole("button", { name: "Delete" }).click();
  await expect(form.getByRole("alert")).toContainText(/active/i);
  await expect(form.getByRole("button", { name: "Delete" })).toBeDisabled();
  await form.getByLabel("Delete it all the same").check();
  await form.getByRole("button", { name: "Delete" }).click();
  await expect(page).toHaveURL(/\/models$/);
  await expect(page.getByText("deleted is deleted, with 1 versions and 0 bindings.")).toBeVisible();
  expect(await model(page, "deleted")).toBeNull();
});

test("what was typed is not discarded without a question", async ({ page }) => {
  await createModel(page, "typed");
  await page.goto("/models/typed");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  const form = dialog(page, "Edit typed");
  await field(form, "Subject").fill("law");
  await page.keyboard.press("Escape");
  await expect(form.getByText("Discard what you typed?")).toBeVisible();
  await form.getByRole("button", { name: "Go on editing" }).click();
  await expect(field(form, "Subject")).toHaveValue("law");
  await form.getByRole("button", { name: "Cancel" }).click();
  await form.getByRole("button", { name: "Discard" }).click();
  await expect(form).toHaveCount(0);
  expect(await model(page, "typed")).toMatchObject({ subject: null });
});

type Version = {
  status: string; region: string; contextWindow: number | null; capabilities: string[] | null; costPer1k: string | null;
  evalScore: number | null; sunsetOn: string | null; rolling: boolean; hold: { reason: string } | null; metadata: unknown;
};
const VERSION = "status region contextWindow capabilities costPer1k evalScore sunsetOn rolling hold { reason } metadata";
const version = async (page: Page, name: string, label: string) =>
  (await api<{ version: Version | null }>(page, `{ version(by: { inModel: { model: { name: "${name}" }, select: { version: "${label}" } } }) { ${VERSION} } }`)).version;

test("a version is created, after its refused values were shown at their fields", async ({ page }) => {
  await createModel(page, "versioned");
  await page.goto("/models/versioned");
  await page.getByRole("button", { name: "Create a version" }).click();
  const form = dialog(page, "Create a version of versioned");
  const create = form.getByRole("button", { name: "Create" });
  const wrong = { Version: "1", "Content hash": "abc", Region: "", "Context window": "1,000", Artifact: "here", Metadata: '{"a": 1,\n "a": 2}' };
  for (const [label, value] of Object.entries(wrong)) await field(form, label).fill(value);
  await create.click();
  await expect(field(form, "Version")).toHaveAccessibleDescription(/Give a semantic version/);
  await expect(field(form, "Content hash")).toHaveAccessibleDescription(/Give 64 hexadecimal digits/);
  await expect(field(form, "Region")).toHaveAccessibleDescription(/Region is needed/);
  await expect(field(form, "Context window")).toHaveAccessibleDescription(/whole number/);
  await expect(field(form, "Artifact")).toHaveAccessibleDescription(/complete URL/);
  await expect(field(form, "Metadata")).toHaveAccessibleDescription(/Line 2, column 2: the key "a" is there twice/);
  await expectWellShown(page, "write-version");
  const right = {
    Version: "1.0.0", "Content hash": HASH, Region: "eu-west-1", "Context window": "0", Artifact: "", Evaluation: "0.9",
    "Cost, US dollars per 1M tokens": "2.5000001", Metadata: '{"seen": 9007199254740993}', Alias: "production",
  };
  for (const [label, value] of Object.entries(right)) await field(form, label).fill(value);
  await field(form, "Known: only those that are checked").check();
  await field(form, "Vision").check();
  await create.click();
  await expect(field(form, "Context window")).toHaveAccessibleDescription(/must be/);
  await field(form, "Context window").fill("128000");
  await create.click();
  await expect(page.getByRole("cell", { name: /1\.0\.0.*production/ })).toBeVisible();
  expect(await version(page, "versioned", "1.0.0")).toEqual({
    status: "ACTIVE", region: "eu-west-1", contextWindow: 128000, capabilities: ["VISION"], costPer1k: "0.0025000001", evalScore: 0.9,
    sunsetOn: null, rolling: false, hold: null, metadata: { seen: 9007199254740992 }, // as this test's own JSON.parse rounds it
  });
});

test("a version is edited, and its large numbers stay exact", async ({ page }) => {
  const id = await createModel(page, "exact");
  await addVersion(page, id, "1.0.0", { capabilities: ["TOOLS"], contextWindow: 1000, metadata: { big: 1 } });
  const raw = await page.request.post("/graphql", {
    headers: { "content-type": "application/json" },
    data: `{"query":"mutation { updateVersion(input: {version: {inModel: {model: {name: \\"exact\\"}, select: {latest: true}}}, metadata: {big: 9007199254740993}}) { userErrors { message } } }"}`,
  });
  expect(raw.ok()).toBe(true);
  await page.goto("/models/exact");
  await openMenu(page, "1.0.0", "Edit");
  const form = dialog(page, "Edit 1.0.0");
  await expect(field(form, "Metadata")).toHaveValue(/9007199254740993/);
  await field(form, "Metadata").fill('{"big": 9007199254740993, "more": [1.5, null]}');
  await field(form, "Context window").fill("");
  await field(form, "Unknown").check();
  await field(form, "Last day").fill("2031-05-06");
  await form.getByRole("switch", { name: "Rolling" }).check();
  await field(form, "Target success rate").fill("1.5");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(field(form, "Target success rate")).toHaveAccessibleDescription(/1/);
  await field(form, "Target success rate").fill("");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form).toHaveCount(0);
  expect(await version(page, "exact", "1.0.0")).toMatchObject({ contextWindow: null, capabilities: null, sunsetOn: "2031-05-06", rolling: true });
  const answer = await page.request.post("/graphql", { data: { query: '{ version(by: { inModel: { model: { name: "exact" }, select: { latest: true } } }) { metadata } }' } });
  expect(await answer.text()).toContain("9007199254740993");
});

test("a version is held, released, archived, restored and deleted", async ({ page }) => {
  const id = await createModel(page, "kept");
  await addVersion(page, id, "1.0.0");
  await page.goto("/models/kept");
  await openMenu(page, "1.0.0", "Hold");
  const hold = dialog(page, "Hold 1.0.0");
  await hold.getByRole("button", { name: "Hold" }).click();
  await expect(field(hold, "Reason")).toHaveAccessibleDescription(/Reason is needed/);
  await field(hold, "Reason").fill("A customer uses it.");
  await expectWellShown(page, "write-hold");
  await hold.getByRole("button", { name: "Hold" }).click();
  await expect(page.getByText("held", { exact: true })).toBeVisible();
  expect((await version(page, "kept", "1.0.0"))?.hold).toEqual({ reason: "A customer uses it." });

  await openMenu(page, "1.0.0", "Archive");
  const archive = dialog(page, "Archive 1.0.0");
  await archive.getByRole("button", { name: "Archive" }).click();
  await expect(archive.getByRole("alert")).toContainText(/held|hold/);
  await archive.getByRole("button", { name: "Cancel" }).click();

  await openMenu(page, "1.0.0", "Release the hold");
  await dialog(page, "Release 1.0.0").getByRole("button", { name: "Release" }).click();
  await expect(page.getByText("held", { exact: true })).toHaveCount(0);
  expect((await version(page, "kept", "1.0.0"))?.hold).toBeNull();

  await openMenu(page, "1.0.0", "Archive");
  await archive.getByRole("button", { name: "Archive" }).click();
  await expect(archive).toHaveCount(0);
  expect((await version(page, "kept", "1.0.0"))?.status).toBe("ARCHIVED");
  await openMenu(page, "1.0.0", "Restore");
  await dialog(page, "Restore 1.0.0").getByRole("button", { name: "Restore" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect((await version(page, "kept", "1.0.0"))?.status).toBe("ACTIVE");

  await openMenu(page, "1.0.0", "Delete");
  const deletion = dialog(page, "Delete 1.0.0");
  await deletion.getByRole("button", { name: "Delete" }).click();
  await deletion.getByLabel("Delete it all the same").check();
  await deletion.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("1.0.0 is deleted, with 0 bindings.")).toBeVisible();
  expect(await version(page, "kept", "1.0.0")).toBeNull();
});
