import { expect, expectWellShown, test } from "./page";

const PAGES = ["Models", "Compare", "Prices", "Retirements", "Routing", "Retention", "Audit"];

test("the frame leads to each page", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  for (const name of PAGES) {
    await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
    await expect(page).toHaveURL(new RegExp(`/${name.toLowerCase()}`));
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    await expect(page).toHaveTitle(`${name} - Model Registry`);
  }
});

test("by keyboard one skips to the content", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});

test("the frame is well shown", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await expectWellShown(page, "frame");
});

test("a write works over plain HTTP from another host", async ({ page, baseURL }) => {
  // Only localhost and HTTPS have crypto.randomUUID.
  await page.addInitScript(() => Object.defineProperty(Crypto.prototype, "randomUUID", { value: undefined }));
  const name = `over-http-${Date.now()}`;
  await page.goto(new URL("/models", baseURL).href);
  await page.getByRole("button", { name: "Create a model" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: /create/i }).click();
  await expect(page.getByText(name).first()).toBeVisible();
});
