// Where a page shows the first of many, it says so, and how to see the others.
import { api, expect, expectWellShown, type Page, test } from "./page";
import { addBinding, addVersion, createModel, dialog, field } from "./writes";

const NAME = "many-of-each";
const MANY = 51;

const create = (page: Page, verb: string, input: object) =>
  api(page, `mutation ($input: ${verb[0]?.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { userErrors { message } } }`, { input });

/** A model with 51 versions, whose last one has 51 bindings with a price each. */
async function prepare(page: Page): Promise<void> {
  const { model } = await api<{ model: object | null }>(page, `{ model(by: { name: "${NAME}" }) { id } }`);
  if (model) return;
  const id = await createModel(page, NAME);
  let version = "";
  for (let number = 1; number <= MANY; number += 1) version = await addVersion(page, id, `${number}.0.0`);
  for (let number = 1; number <= MANY; number += 1) await addBinding(page, version, `many-${number}`, { price: { inputPer1k: "0.001" } });
}

test("the prices, the usage and the catalogs of a model go on after its first 50 bindings", async ({ page }) => {
  await prepare(page);
  const note = page.getByText("This is of the first 50 bindings of the model; there are more.");
  for (const tab of ["prices", "usage", "catalogs"]) {
    await page.goto(`/models/${NAME}?tab=${tab}`);
    await expect(note).toBeVisible();
    if (tab !== "prices") { // nothing of the first ones is said, and not shown as empty charts and tables
      await expect(page.getByText(/^No gateway has reported|^No catalog lists/)).toBeVisible();
      await expect(page.getByRole("figure").or(page.getByRole("table"))).toHaveCount(0);
      await expectWellShown(page, `limits-${tab}`);
    }
    if (tab === "prices") await expectWellShown(page, "limits-prices");
    await page.getByRole("button", { name: "Read more bindings" }).click();
    await expect(note).toHaveCount(0);
    if (tab === "prices") await expect(page.getByRole("table", { name: "Prices of all bindings" }).getByRole("row")).toHaveCount(MANY + 1);
    if (tab === "usage") await expect(page.getByText("No gateway has reported a call")).toBeVisible();
    if (tab === "catalogs") await expect(page.getByText("No catalog lists this model")).toBeVisible();
  }
});

test("the form of a route says that not all versions and providers are listed", async ({ page }) => {
  await prepare(page);
  for (let number = 1; number <= 100; number += 1) {
    await create(page, "createProvider", { slug: `many-${number}`, name: `Many ${number}`, kind: "OPENAI" });
  }
  await page.goto(`/routing?model=${NAME}`);
  await expect(page.getByText("The 50 newest versions are listed.")).toBeVisible();
  await page.getByRole("button", { name: /^Constraints/ }).click();
  await expect(page.getByText("The first 100 by their slugs are listed.")).toBeVisible();
  await expectWellShown(page, "limits-routing");
  // What the notes say to do works.
  await page.goto(`/routing?model=${NAME}&select=version:1.0.0&providers=openai`);
  await expect(page.getByText("This version has no bindings.")).toBeVisible();

  await page.goto(`/models/${NAME}?tab=bindings`);
  await page.getByRole("button", { name: "Create a binding" }).click();
  const form = dialog(page, `Create a binding of ${NAME}`);
  await expect(field(form, "Provider")).toHaveAccessibleDescription(/The first 100 are proposed: type any other one\./);
});

test("a search for a model says when it has found more than it lists", async ({ page }) => {
  for (const [path, label] of [["/compare", "Add a model"], ["/audit", "Model"]] as const) {
    await page.goto(path);
    const input = page.getByRole("combobox", { name: label }).or(page.getByLabel(label, { exact: true })).first();
    await input.click();
    await input.fill("gpt");
    await expect(page.getByRole("option")).toHaveCount(21);
    await expect(page.getByRole("option").last()).toHaveText("There are more: type more of the name");
    await input.fill("gpt-4o-mini");
    await expect(page.getByRole("option", { name: "There are more" })).toHaveCount(0);
  }
});

test("the overview says that its changes are the latest alone", async ({ page }) => {
  await page.goto("/");
  const changes = page.locator("section[aria-label='Latest changes']");
  await expect(changes).toContainText("These are the 10 latest.");
  await changes.getByRole("link", { name: "The audit log has all changes" }).click();
  await expect(page).toHaveURL(/\/audit$/);
});
