// The page of a model follows the registry by whichever name it was opened.
import { api, expect, test } from "./page";
import { createModel, dialog, field, update } from "./writes";

test("the page is live also when its address has the name in another case", async ({ page }) => {
  const id = await createModel(page, "live-case", { description: "As it was." });
  await page.goto("/models/LIVE-Case");
  await expect(page.getByText("As it was.")).toBeVisible();
  await update(page, "Model", id, { description: "As it is now." });
  await expect(page.getByText("As it is now.")).toBeVisible();
});

test("the page moves along when somebody renames the model, says so, and keeps what was typed", async ({ page }) => {
  const id = await createModel(page, "live-before");
  await page.goto("/models/live-before?tab=audit");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  const form = dialog(page, "Edit live-before");
  await field(form, "Description").fill("Typed before the rename.");
  await update(page, "Model", id, { name: "live-after" });
  await expect(page.getByText("live-before was renamed to live-after.")).toBeVisible();
  await expect(page).toHaveURL(/\/models\/live-after\?tab=audit$/);
  await expect(field(page.getByRole("dialog"), "Description")).toHaveValue("Typed before the rename.");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByRole("heading", { name: "live-after", level: 1 })).toBeVisible();
  await update(page, "Model", id, { description: "Said after the rename." });
  await expect(page.getByRole("paragraph").filter({ hasText: "Said after the rename." })).toBeVisible();
  const { model } = await api<{ model: { id: string } }>(page, '{ model(by: { name: "live-after" }) { id } }');
  expect(model.id).toBe(id);
});
