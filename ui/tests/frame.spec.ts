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

test.describe("an address that is none", () => {
  test.use({ expectedProblems: [/status of 404/] }); // Chromium reports it of the page itself

  test("gets the dashboard's own page, with links", async ({ page }) => {
    const response = await page.goto("/nowhere/at%20all?q=a");
    expect(response?.status()).toBe(404);
    const main = page.getByRole("main");
    await expect(main.getByRole("heading", { level: 1, name: "There is no such page" })).toBeVisible();
    await expect(main).toContainText("The registry has nothing at /nowhere/at all");
    await expect(page).toHaveTitle("There is no such page - Model Registry");
    await expect(page.getByRole("alert")).toHaveCount(0);
    await expectWellShown(page, "not-found");
    await main.getByRole("link", { name: "the list of models" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Models" })).toBeVisible();
    await page.goBack();
    await main.getByRole("link", { name: "Go to the overview" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  });
});

test("by keyboard one skips to the content", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});

test("on a narrow screen the entry of the current page is in sight", async ({ page }) => {
  const isInSight = () => page.getByRole("navigation", { name: "Pages" }).evaluate((list) => {
    const current = list.querySelector("[aria-current=page]")?.getBoundingClientRect();
    return !!current && current.left >= 0 && current.right <= innerWidth;
  });
  await page.setViewportSize({ width: 360, height: 800 });
  for (const path of ["/retirements", "/audit", "/tokens", "/", "/retention"]) {
    await page.goto(path);
    await expect.poll(isInSight).toBe(true);
  }
  await page.getByRole("link", { name: "Model Registry" }).click(); // the list is scrolled to its end
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await expect.poll(isInSight).toBe(true);
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

test("who asks the system for less motion gets none", async ({ page }) => {
  const moving = () => page.evaluate(() => {
    const styles = [...document.querySelectorAll("*")].map((element) => getComputedStyle(element));
    return styles.filter((style) => style.animationName !== "none" || style.transitionDuration !== "0s").length;
  });
  await page.goto("/models");
  await page.locator("tbody a").first().waitFor();
  expect(await moving()).toBeGreaterThan(0);
  await page.emulateMedia({ reducedMotion: "reduce" });
  expect(await moving()).toBe(0);
});
