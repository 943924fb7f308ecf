import { api, expect, expectWellShown, test } from "./page";

test("the page is well shown", async ({ page }) => {
  await page.goto("/audit");
  await expect(page.getByRole("article").first()).toBeVisible();
  await expectWellShown(page, "audit");
});
