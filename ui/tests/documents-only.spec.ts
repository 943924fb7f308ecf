// Where only trusted documents are executed and a token is required, an EDITOR uses every page: those of the build suffice.
import { expect, type Page, test } from "./page";

const { TOKEN = "" } = process.env;
const PAGES = ["/", "/models", "/models/gpt-4o", "/compare?models=gpt-4o,gpt-4o-mini", "/prices", "/retirements",
  "/routing?model=gpt-4o", "/retention", "/audit", "/tokens"];

test.beforeEach(async ({ page }) => {
  await page.addInitScript((secret) => sessionStorage.setItem("registry.token", secret), TOKEN);
});

/** Notes each answer of the API that has errors. */
function watchErrors(page: Page): unknown[] {
  const errors: unknown[] = [];
  page.on("response", async (response) => {
    if (!response.url().endsWith("/graphql") || response.request().method() !== "POST") return;
    const answer = (await response.json().catch(() => ({}))) as { errors?: unknown };
    if (answer.errors) errors.push(answer.errors);
  });
  return errors;
}

test("other documents are refused", async ({ request }) => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await request.post("/graphql", { data: { query: "{ models { totalCount } }" }, headers });
  expect(((await response.json()) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code).toBe(
    "DOCUMENT_NOT_TRUSTED",
  );
});

for (const path of PAGES) {
  test(`${path} opens by trusted documents alone`, async ({ page }) => {
    const errors = watchErrors(page);
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await page.waitForLoadState("networkidle");
    await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);
    for (const tab of await page.getByRole("tab").all()) {
      await tab.click();
      await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);
    }
    // The page of tokens says that an EDITOR sees its own alone.
    await expect(page.getByRole("alert")).toHaveCount(path === "/tokens" ? 1 : 0);
    expect(errors).toEqual([]);
  });
}

test("an EDITOR writes by trusted documents alone", async ({ page }) => {
  const errors = watchErrors(page);
  await page.goto("/retention?tab=holds&model=gpt-4o");
  await page.getByRole("button", { name: "Hold a version" }).click();
  const dialog = page.getByRole("dialog");
  await page.getByRole("option", { name: "gpt-4o", exact: true }).click();
  await dialog.getByRole("combobox", { name: "Version" }).click();
  await page.getByRole("option", { name: "active" }).first().click();
  await dialog.getByLabel("Reason").fill("kept by trusted documents");
  await dialog.getByRole("button", { name: "Hold", exact: true }).click();
  await expect(page.getByText("kept by trusted documents")).toBeVisible();
  expect(errors).toEqual([]);
});
