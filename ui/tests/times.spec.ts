// Each time says its zone: days of the registry are in UTC, and so are the times beside them, wherever the reader is.
import { api, expect, type Page, test } from "./page";
import { addBinding, addVersion, createModel } from "./writes";

test.use({ timezoneId: "Asia/Kolkata", locale: "en-IN" });

type Event = { id: string; at: string };

const utc = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
const written = (at: string) => `${utc.format(new Date(at))} UTC`;

/** Of all times on the page: the text of each, and what its attribute says. */
async function expectZones(page: Page): Promise<void> {
  const times = page.getByRole("main").locator("time");
  await expect(times.first()).toBeVisible();
  for (const time of await times.all()) {
    const [text, title] = [(await time.textContent()) ?? "", (await time.getAttribute("title")) ?? ""];
    if (/\d:\d\d/.test(text)) expect(text).toMatch(/ UTC$/);
    else if (/\d{4}/.test(text)) expect(title).toBe("a day in UTC");
    else expect(text).toMatch(/ago$|^in |^now$/); // its exact time is in a tooltip
  }
}

test("every time on every page says its zone", async ({ page }) => {
  const name = "timed";
  const binding = await addBinding(page, await addVersion(page, await createModel(page, name), "1.0.0", { sunsetOn: "2099-12-31" }), "timed");
  for (const effectiveFrom of ["2026-11-01T20:30:00Z", "2098-01-01T00:00:00Z"]) {
    await api(page, "mutation ($input: SetPriceInput!) { setPrice(input: $input) { userErrors { message } } }", {
      input: { binding: { id: binding }, price: { inputPer1k: "0.001", effectiveFrom } },
    });
  }
  await page.addInitScript(() => localStorage.setItem("registry.models.columns", JSON.stringify({ updated: true, created: true })));
  const { auditEvents } = await api<{ auditEvents: { nodes: Event[] } }>(page, "{ auditEvents(first: 1) { nodes { id at } } }");
  const event = auditEvents.nodes[0] as Event;
  for (const path of [
    `/audit?event=${event.id}`, "/audit", `/models/${name}`, `/models/${name}?tab=prices`, "/prices?view=changes", "/models?q=timed",
    "/compare?models=timed,gpt-4o", `/retirements?model=${name}`, "/",
  ]) {
    await page.goto(path);
    await expectZones(page);
  }
  await page.goto(`/audit?event=${event.id}`);
  await expect(page.getByText(written(event.at)).first()).toBeVisible();
  await page.goto(`/models/${name}?tab=prices`);
  const row = page.getByRole("row").filter({ hasText: "Nov 1, 2026, 8:30:00 PM UTC" });
  await expect(row.locator("time").first()).toHaveAttribute("title", "Nov 1, 2026, 8:30:00 PM UTC (Nov 2, 2026, 2:00:00 AM GMT+5:30 here)");
  await expect(page.getByText("Days and times are in UTC.").first()).toBeVisible();
});

test("the tooltip of how long ago something was has its time and the reader's own", async ({ page }) => {
  await page.goto("/audit");
  const { auditEvents } = await api<{ auditEvents: { nodes: Event[] } }>(page, "{ auditEvents(first: 1) { nodes { id at } } }");
  await page.getByRole("main").locator("time").first().focus();
  const tooltip = page.getByRole("tooltip");
  await expect(tooltip).toContainText(written((auditEvents.nodes[0] as Event).at));
  await expect(tooltip).toContainText("GMT+5:30 here");
});
