import { expect, expectWellShown, test } from "./page";

test("the list shows the models of the registry, and finds one by a part of its name", async ({ page }) => {
  await page.goto("/models");
  await expect(page.getByRole("link", { name: "GLM-4-Air", exact: true })).toBeVisible();
  await page.getByLabel("Search by name").fill("gpt-4o-mini");
  await expect(page).toHaveURL(/q=gpt-4o-mini/);
  await expect(page.getByRole("link", { name: "gpt-4o-mini", exact: true })).toBeVisible();
  await expect(page.getByRole("link", { name: "GLM-4-Air", exact: true })).toBeHidden();
});

test("the list is well shown", async ({ page }) => {
  await page.goto("/models");
  await expect(page.getByRole("link", { name: "GLM-4-Air", exact: true })).toBeVisible();
  await expectWellShown(page, "models");
});
