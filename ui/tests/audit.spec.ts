import type { Page } from "@playwright/test";

import { api, expect, expectWellShown, test } from "./page";

/** Writes by a mutation whose input is a variable; it must succeed. */
async function write(page: Page, name: string, input: object): Promise<void> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`;
  const answer = await api<Record<string, { userErrors: unknown[] }>>(
    page, `mutation ($input: ${type}) { ${name}(input: $input) { userErrors { message path } } }`, { input },
  );
  expect(answer[name]?.userErrors).toEqual([]);
}

const create = (page: Page, name: string) => write(page, "createModel", { name, task: "CHAT" });
const events = (page: Page) => page.getByRole("article");
const newest = (page: Page) => events(page).first();
const hash = (digit: string) => digit.repeat(64);

async function createVersion(page: Page, model: string, digit: string, more: object = {}): Promise<void> {
  await write(page, "createVersion", { model: { name: model }, version: `${digit}.0.0`, contentHash: hash(digit), region: "eu", ...more });
}

const version = (model: string, number: number) => ({ inModel: { model: { name: model }, select: { number } } });

/** Chooses from a list of several, and leaves it. */
async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole("combobox", { name: label }).click();
  await page.getByRole("option", { name: option, exact: true }).click();
  await page.keyboard.press("Escape");
}

test("each filter is in the address, and a link shows the same", async ({ page }) => {
  await create(page, "filtered");
  await write(page, "updateModel", { model: { name: "filtered" }, description: "Now with a description." });
  await page.goto("/audit");
  await choose(page, "Kind", "Models");
  await expect(page).toHaveURL(/kinds=/);
  await choose(page, "Action", "Updated");
  await expect(page).toHaveURL(/actions=/);
  await expect(events(page)).toHaveCount(1);
  await page.getByRole("combobox", { name: "Actor" }).fill("anonymous");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/actors=/);
  await page.getByRole("combobox", { name: "Model" }).fill("filt");
  await page.getByRole("option", { name: "filtered" }).click();
  await expect(page).toHaveURL(/model=filtered/);
  const today = new Date().toISOString().slice(0, 10);
  await page.getByLabel("From (UTC)").fill(today);
  await page.getByLabel("To (UTC)").fill(today);
  await expect(page).toHaveURL(new RegExp(`from=${today}.*to=${today}`));
  await expect(events(page)).toHaveCount(1);
  await expect(newest(page)).toContainText("Now with a description.");

  await page.reload();
  await expect(events(page)).toHaveCount(1);
  await expect(page.getByLabel("From (UTC)")).toHaveValue(today);
  await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("filtered");
  await page.getByLabel("To (UTC)").fill("2020-02-29");
  await expect(page.getByText("No event matches the filters.")).toBeVisible();
  await page.goBack();
  await expect(events(page)).toHaveCount(1);
  await page.getByRole("button", { name: "Reset the filters" }).click();
  await expect(page).toHaveURL(/\/audit$/);
  await expect(events(page)).toHaveCount(50);
});

test("an actor is a filter by a click", async ({ page }) => {
  await create(page, "by-anonymous");
  await page.goto("/audit?kinds=CATALOG");
  await newest(page).getByRole("link", { name: "import:genai-prices" }).click();
  await expect(page).toHaveURL(/\/audit\?actors=/);
  await expect(events(page)).toHaveCount(50);
  await expect(page.getByRole("article").filter({ hasText: "anonymous" })).toHaveCount(0);
});

test("differences are readable", async ({ page }) => {
  const long = "A long description. ".repeat(30);
  await create(page, "compared");
  await createVersion(page, "compared", "1", { capabilities: ["TOOLS", "VISION"], metadata: { temperature: 0.2, limits: { tokens: 1 } }, contextWindow: 128000 });
  await createVersion(page, "compared", "2");
  await write(page, "updateVersion", {
    version: version("compared", 1), capabilities: ["TOOLS", "AUDIO_INPUT"], metadata: { temperature: 0.7, limits: { tokens: 1 } }, contextWindow: null,
  });
  await page.goto("/audit?model=compared");
  await expect(newest(page)).toContainText("removed VISION");
  await expect(newest(page)).toContainText("added AUDIO_INPUT");
  await expect(newest(page)).toContainText("metadata: temperature" + "old: 0.2 → , new: 0.7");
  await expect(newest(page)).toContainText("old: 128,000 → , new: none");
  await expect(newest(page)).not.toContainText("limits");

  await write(page, "updateModel", { model: { name: "compared" }, description: long, labels: [{ key: "team", value: "chat" }] });
  await expect(newest(page)).toContainText("labels: team");
  await expect(newest(page)).not.toContainText(long.trim());
  await newest(page).getByRole("button", { name: "Show all 600 characters" }).click();
  await expect(newest(page)).toContainText(long.trim());
});

test("a version is named by an alias, and a provider by a binding, not by their IDs", async ({ page }) => {
  await create(page, "named");
  await createVersion(page, "named", "1");
  await createVersion(page, "named", "2");
  for (const number of [1, 2]) await write(page, "setAlias", { model: { name: "named" }, alias: "production", version: version("named", number) });
  await page.goto("/audit?model=named&kinds=ALIAS");
  await expect(newest(page)).toContainText("version" + "old: 1.0.0 → , new: 2.0.0");
  await expect(newest(page)).not.toContainText("ver_");
  await write(page, "createBinding", { version: version("named", 2), binding: { provider: "openai", providerModelId: "named-2" } });
  await page.goto("/audit?model=named&kinds=BINDING");
  await newest(page).getByRole("link", { name: /^Open only this event/ }).click();
  await expect(newest(page)).toContainText(/providerOpenAI prv_[0-9a-f]{32}/);
});

test("prices are amounts, and what a price repeats is folded", async ({ page }) => {
  await create(page, "priced");
  await createVersion(page, "priced", "1");
  await write(page, "createBinding", {
    version: version("priced", 1),
    binding: { provider: "openai", providerModelId: "priced-1", price: { inputPer1k: "0.0025", outputPer1k: "0.0000001" } },
  });
  await page.goto("/audit?model=priced&kinds=PRICE");
  await expect(newest(page)).toContainText("input price$2.5 per 1M tokens");
  await expect(newest(page)).toContainText("output price$0.0001 per 1M tokens");
  await newest(page).getByRole("button", { name: /^Show \d+ more fields$/ }).click();
  await expect(newest(page)).toContainText("components: output$0.0001 per 1M tokens");
  await newest(page).getByRole("button", { name: "Show fewer fields" }).click();
  await expect(newest(page)).not.toContainText("components: output");
});

test("what was deleted keeps its name, and is found by its ID", async ({ page }) => {
  await create(page, "deleted-soon");
  const { model } = await api<{ model: { id: string } }>(page, '{ model(by: { name: "deleted-soon" }) { id } }');
  await write(page, "deleteModel", { model: { id: model.id } });
  await page.goto(`/audit?model=${model.id}`);
  await expect(events(page)).toHaveCount(2);
  await expect(newest(page)).toContainText("deleted model");
  await expect(newest(page).getByText("deleted-soon").first()).toBeVisible();
  await expect(newest(page).getByRole("link", { name: "deleted-soon", exact: true })).toHaveCount(0);
});

test("one event has an address of its own, and leads to its model", async ({ page }) => {
  await create(page, "linked/with-a-slash");
  await page.goto("/audit");
  await newest(page).getByRole("link", { name: /^Open only this event/ }).click();
  await expect(page).toHaveURL(/\/audit\?event=evt_/);
  await expect(events(page)).toHaveCount(1);
  await expect(newest(page)).toContainText("created at"); // all fields
  await expect(page.getByText("of the request")).toBeVisible();
  await page.reload();
  await newest(page).getByRole("link", { name: /linked/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("linked/with-a-slash");
  await page.goBack();
  await page.getByRole("link", { name: "All events" }).click();
  await expect(events(page)).toHaveCount(50);
  await page.goto("/audit?event=evt_00000000000000000000000000000000");
  await expect(page.getByText("There is no event with this ID.")).toBeVisible();
});

test("older events are loaded by a button, each once", async ({ page }) => {
  await page.goto("/audit");
  for (const count of [50, 100, 150]) {
    await expect(events(page)).toHaveCount(count);
    await page.getByRole("button", { name: "Load older events" }).click();
  }
  await expect(events(page)).toHaveCount(200);
  const links = await page.getByRole("link", { name: /^Open only this event/ }).evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  expect(new Set(links).size).toBe(200);
});

test("new events come in at the top, and are announced", async ({ page }) => {
  await page.goto("/audit");
  await expect(events(page)).toHaveCount(50);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await create(page, "came-in");
  await expect(newest(page)).toContainText("came-in");
  await expect(newest(page)).toContainText("new");
  await expect(page.getByRole("status").filter({ hasText: "New events were added at the top, 1 so far." })).toHaveCount(1);
  await create(page, "came-second");
  await expect(newest(page)).toContainText("came-second");
  await expect(events(page).nth(1)).toContainText("came-in");
});

test("nothing moves while somebody reads", async ({ page }) => {
  await page.goto("/audit");
  await expect(events(page)).toHaveCount(50);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const read = events(page).nth(20);
  await read.scrollIntoViewIfNeeded();
  await page.evaluate(() => scrollBy(0, 300));
  const before = await read.boundingBox();
  for (const name of ["waits-1", "waits-2", "waits-3"]) await create(page, name);
  const show = page.getByRole("button", { name: "Show 3 new events" });
  await expect(show).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "3 new events can be shown." })).toHaveCount(1);
  expect(await read.boundingBox()).toEqual(before);
  await expect(newest(page)).not.toContainText("waits");
  await show.click();
  await expect(newest(page)).toContainText("waits-3");
  await expect(newest(page)).toBeInViewport();
  await expect(show).toHaveCount(0);

  // The pointer in the list is enough.
  await page.mouse.move(0, 0);
  await newest(page).hover();
  await create(page, "waits-4");
  await expect(page.getByRole("button", { name: "Show 1 new event" })).toBeVisible();
  await expect(newest(page)).toContainText("waits-3");
});

test("only new events that match the filters appear", async ({ page }) => {
  await create(page, "followed");
  await page.goto("/audit?model=followed");
  await expect(events(page)).toHaveCount(1);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await create(page, "other");
  await write(page, "updateModel", { model: { name: "followed" }, description: "Followed." });
  await expect(events(page)).toHaveCount(2);
  await expect(newest(page)).toContainText("Followed.");
  await page.goto("/audit?actors=nobody");
  await expect(page.getByText("No event matches the filters.")).toBeVisible();
});

test("the events of many changes are all there", async ({ page }) => {
  await page.goto("/audit");
  await expect(events(page)).toHaveCount(50);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  for (let number = 0; number < 120; number += 8) {
    await Promise.all(Array.from({ length: 8 }, (_, index) => create(page, `burst-${number + index}`)));
  }
  const burst = page.getByRole("article", { name: /burst-/ });
  await expect(burst).toHaveCount(120);
});

test("values that a role may not read are hidden, and said to be", async ({ page }) => {
  await create(page, "secret");
  await createVersion(page, "secret", "1");
  await write(page, "createBinding", { version: version("secret", 1), binding: { provider: "openai", providerModelId: "secret-1", credentialRef: "env://NAME" } });
  await page.goto("/audit?model=secret&kinds=BINDING");
  await expect(newest(page)).toContainText("env://NAME");
  const { createToken } = await api<{ createToken: { secret: string } }>(
    page, 'mutation { createToken(input: { name: "audit-reader", role: READER }) { secret } }',
  );
  await page.evaluate((kept) => sessionStorage.setItem("registry.token", kept), createToken.secret);
  await page.reload();
  await expect(newest(page)).toContainText("the values are hidden from your role");
  await expect(newest(page)).not.toContainText("env://NAME");
});

test("the page is well shown", async ({ page }) => {
  await create(page, "shown");
  await createVersion(page, "shown", "1", { capabilities: ["TOOLS", "VISION"], metadata: { temperature: 0.2, stop: ["a", "b"], deep: { x: 1 } } });
  await createVersion(page, "shown", "2", { contextWindow: 200000 });
  for (const number of [1, 2]) await write(page, "setAlias", { model: { name: "shown" }, alias: "production", version: version("shown", number) });
  await write(page, "updateVersion", { version: version("shown", 1), capabilities: ["TOOLS"], metadata: { temperature: 0.7, stop: ["a"], deep: { x: 1 } } });
  await write(page, "createBinding", { version: version("shown", 2), binding: { provider: "openai", providerModelId: "shown-2", price: { inputPer1k: "0.0025", outputPer1k: "0.01" } } });
  await page.goto("/audit");
  await expect(newest(page)).toBeVisible();
  await expectWellShown(page, "audit");
  await newest(page).getByRole("link", { name: /^Open only this event/ }).click();
  await expect(events(page)).toHaveCount(1);
  await expectWellShown(page, "audit-event");
});
