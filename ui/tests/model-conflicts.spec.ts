// Two people edit the same; and what is offered to those who may only read.
import type { Page } from "@playwright/test";

import { addBinding, addVersion, createModel, dialog, field, openMenu, setAlias, update } from "./writes";
import { api, expect, expectWellShown, test } from "./page";

const model = async (page: Page, name: string) =>
  (await api<{ model: { subject: string | null; description: string | null; retentionKeep: number } }>(page, `{ model(by: { name: "${name}" }) { subject description retentionKeep } }`)).model;

/** Opens the form of a model in two pages, and saves in the second one. */
async function editedTwice(page: Page, name: string): Promise<void> {
  await createModel(page, name, { subject: "math", description: "Before." });
  const other = await page.context().newPage();
  for (const each of [page, other]) {
    await each.goto(`/models/${name}`);
    await each.getByRole("button", { name: "Edit", exact: true }).click();
  }
  const theirs = dialog(other, `Edit ${name}`);
  await field(theirs, "Subject").fill("law");
  await field(theirs, "Versions to keep").fill("7");
  await theirs.getByRole("button", { name: "Save" }).click();
  await expect(theirs).toHaveCount(0);
  await other.close();
  const mine = dialog(page, `Edit ${name}`);
  await field(mine, "Subject").fill("medicine");
  await field(mine, "Description").fill("Mine.");
  await mine.getByRole("button", { name: "Save" }).click();
  await expect(mine.getByText("Somebody else has changed this since you opened it")).toBeVisible();
}

const difference = (page: Page, name: string) => page.getByRole("table", { name: "Differences" }).getByRole("row", { name: new RegExp(`^${name} `) });

test("of two edits of one model the later one is shown beside the first, and saved over it knowingly", async ({ page }) => {
  await editedTwice(page, "shared-mine");
  await expect(difference(page, "Subject")).toHaveText(/Subject\s*math\s*law\s*medicine/);
  await expect(difference(page, "Versions to keep")).toHaveText(/3\s*7\s*not changed: theirs stays/);
  await expect(difference(page, "Description")).toHaveText(/Before\.\s*not changed\s*Mine\./);
  await expect(difference(page, "Task")).toHaveCount(0);
  expect(await model(page, "shared-mine")).toEqual({ subject: "law", description: "Before.", retentionKeep: 7 });
  await expectWellShown(page, "write-conflict");
  const form = dialog(page, "Edit shared-mine");
  await form.getByRole("button", { name: "Save mine over theirs" }).click();
  await expect(form).toHaveCount(0);
  // What only the other one has changed is kept.
  expect(await model(page, "shared-mine")).toEqual({ subject: "medicine", description: "Mine.", retentionKeep: 7 });
});

test("on a narrow screen the two edits of a field stand below each other, none out of sight", async ({ page }) => {
  await editedTwice(page, "shared-narrow");
  await page.setViewportSize({ width: 360, height: 800 });
  const subject = page.getByRole("alert").getByRole("listitem").filter({ hasText: "Subject" });
  await expect(subject).toHaveText(/Subject\s*Before\s*math\s*Theirs, saved\s*law\s*Yours\s*medicine/);
  for (const value of ["math", "law", "medicine"]) {
    const box = await subject.getByText(value, { exact: true }).boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 360) + (box?.width ?? 360)).toBeLessThanOrEqual(360);
  }
  await expect(page.getByRole("button", { name: "Save mine over theirs" })).toBeVisible();
});

test("of two edits of one model the first is taken, and the form goes on from it", async ({ page }) => {
  await editedTwice(page, "shared-theirs");
  const form = dialog(page, "Edit shared-theirs");
  await form.getByRole("button", { name: "Take theirs" }).click();
  await expect(field(form, "Subject")).toHaveValue("law");
  await expect(field(form, "Description")).toHaveValue("Before.");
  await field(form, "Description").fill("After theirs.");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form).toHaveCount(0);
  expect(await model(page, "shared-theirs")).toEqual({ subject: "law", description: "After theirs.", retentionKeep: 7 });
});

test("a third change while the two are compared is shown too", async ({ page }) => {
  await editedTwice(page, "shared-thrice");
  const { model: found } = await api<{ model: { id: string } }>(page, '{ model(by: { name: "shared-thrice" }) { id } }');
  await update(page, "Model", found.id, { subject: "biology" });
  const form = dialog(page, "Edit shared-thrice");
  await form.getByRole("button", { name: "Save mine over theirs" }).click();
  await expect(difference(page, "Subject")).toHaveText(/math\s*biology\s*medicine/);
  await form.getByRole("button", { name: "Save mine over theirs" }).click();
  await expect(form).toHaveCount(0);
  expect(await model(page, "shared-thrice")).toMatchObject({ subject: "medicine" });
});

test("versions, bindings and confirmations show what was changed meanwhile", async ({ page }) => {
  const id = await createModel(page, "shared-parts");
  const version = await addVersion(page, id, "1.0.0", { metadata: { a: 1 }, contextWindow: 1000 });
  const binding = await addBinding(page, version, "shared-part", { config: { a: 1 } });
  await page.goto("/models/shared-parts");

  await openMenu(page, "1.0.0", "Edit");
  let form = dialog(page, "Edit 1.0.0");
  await field(form, "Metadata").fill('{"a": 3}');
  await update(page, "Version", version, { metadata: { a: 2 }, capabilities: ["VISION"] });
  await form.getByRole("button", { name: "Save" }).click();
  await expect(difference(page, "Metadata")).toHaveText(/"a": 1.*"a": 2.*"a": 3/s);
  await expect(difference(page, "Capabilities")).toHaveText(/–\s*Vision\s*not changed: theirs stays/);
  await form.getByRole("button", { name: "Save mine over theirs" }).click();
  await expect(form).toHaveCount(0);

  await openMenu(page, "1.0.0", "Archive");
  form = dialog(page, "Archive 1.0.0");
  await update(page, "Version", version, { contextWindow: 2000 });
  await form.getByRole("button", { name: "Archive" }).click();
  await expect(difference(page, "Context window")).toHaveText(/1000\s*2000/);
  await form.getByRole("button", { name: "Cancel" }).click();

  await page.goto("/models/shared-parts?tab=bindings");
  await openMenu(page, /shared-part/, "Edit");
  form = page.getByRole("dialog", { name: /^Edit .*shared-part/ });
  await field(form, "Settings").fill("");
  await update(page, "Binding", binding, { config: { a: 2 }, weight: 5 });
  await form.getByRole("button", { name: "Save" }).click();
  await expect(difference(page, "Settings")).toHaveText(/"a": 1.*"a": 2.*–/s);
  await form.getByRole("button", { name: "Take theirs" }).click();
  await expect(field(form, "Weight")).toHaveValue("5");
  await expect(field(form, "Settings")).toHaveValue(/"a": 2/);
  await form.getByRole("button", { name: "Cancel" }).click();

  await openMenu(page, /shared-part/, "Delete");
  form = page.getByRole("dialog", { name: /^Delete .*shared-part/ });
  await update(page, "Binding", binding, { weight: 6 });
  await form.getByRole("button", { name: "Delete" }).click();
  await expect(difference(page, "Weight")).toHaveText(/5\s*6/);
  await form.getByRole("button", { name: "Delete all the same" }).click();
  await expect(form).toHaveCount(0);
  expect((await api<{ binding: null }>(page, `{ binding(id: "${binding}") { id } }`)).binding).toBeNull();
});

for (const [role, may] of [["READER", false], ["GATEWAY", false], ["EDITOR", true]] as const)
  test(`the role ${role} ${may ? "is" : "is not"} offered to write`, async ({ page }) => {
    const id = await createModel(page, `for-${role.toLowerCase()}`);
    const version = await addVersion(page, id, "1.0.0");
    await addBinding(page, version, "gpt-x", { price: { inputPer1k: "0.001" } });
    await setAlias(page, id, "production", version);
    const { createToken } = await api<{ createToken: { secret: string } }>(
      page, "mutation ($input: CreateTokenInput!) { createToken(input: $input) { secret } }", { input: { name: `one-${role.toLowerCase()}`, role } },
    );
    await page.addInitScript((secret) => sessionStorage.setItem("registry.token", secret), createToken.secret);
    const writes = page.getByRole("main").getByRole("button", { name: /^(Actions for|Create|Edit|Delete|Set|Move|Withdraw|Roll back)/ });
    const places = ["/models?q=gpt-4o", ...["versions", "bindings", "prices", "aliases"].map((tab) => `/models/for-${role.toLowerCase()}?tab=${tab}`)];
    const shown = ["gpt-4o", "1.0.0", "gpt-x", "gpt-x", "production"];
    for (const [index, place] of places.entries()) {
      await page.goto(place);
      await expect(page.getByRole("main").getByText(shown[index] ?? "").first()).toBeVisible();
      if (may) await expect(writes.first()).toBeVisible();
      else await expect(writes).toHaveCount(0);
    }
  });
