import { type Page } from "@playwright/test";

import { api, expect, expectWellShown, test } from "./page";

type Binding = { id: string };
type Made = { createVersion: { version: { bindings: { nodes: Binding[] } } | null; userErrors: { message: string }[] } };

const CREATE_MODEL = "mutation ($input: CreateModelInput!) { createModel(input: $input) { userErrors { message } } }";
const CREATE_VERSION = `mutation ($input: CreateVersionInput!) { createVersion(input: $input) {
  version { bindings(first: 10) { nodes { id } } } userErrors { message } } }`;
const SET_CIRCUIT = "mutation ($input: SetCircuitInput!) { setCircuit(input: $input) { userErrors { message } } }";
const hash = (text: string) => text.padEnd(64, "0");

/** A model with a cheap binding in eu-west-1 at OpenAI, and a dear one in us-east-1 at Groq. */
async function makeModel(page: Page, name: string): Promise<Binding[]> {
  await api(page, CREATE_MODEL, { input: { name, task: "CHAT" } });
  const binding = (slug: string, region: string, priority: number, price: string) => ({
    ...{ provider: slug, providerModelId: `${name}-at-${slug}`, region, priority, price: { inputPer1k: price, outputPer1k: price }, capabilities: ["TOOLS"] },
  });
  const bindings = [binding("openai", "eu-west-1", 2, "0.5"), binding("groq", "us-east-1", 1, "2")];
  const input = { model: { name }, version: "1.0.0", contentHash: hash("a1"), region: "eu-west-1", bindings };
  const { createVersion } = await api<Made>(page, CREATE_VERSION, { input });
  expect(createVersion.userErrors).toEqual([]);
  const [groq, openai] = createVersion.version?.bindings.nodes ?? []; // by priority
  return [groq as Binding, openai as Binding];
}

const candidates = (page: Page) => page.getByRole("table", { name: "Candidates, best first" }).locator("tbody tr");
const excluded = (page: Page) => page.getByRole("table", { name: /^Excluded/ }).locator("tbody tr");

async function expectOrder(page: Page, names: string[]): Promise<void> {
  await expect(candidates(page)).toHaveCount(names.length);
  for (const [index, name] of names.entries()) await expect(candidates(page).nth(index)).toContainText(name);
}

test("a model is found by a part of its name, and its candidates stand in order", async ({ page }) => {
  await makeModel(page, "routed-one");
  await page.goto("/routing");
  await expect(page.getByText("Choose a model to see its candidates.")).toBeVisible();
  await page.getByRole("combobox", { name: "Model" }).fill("uted-on");
  await page.getByRole("option", { name: "routed-one" }).click();
  await expect(page).toHaveURL(/model=routed-one/);
  await expectOrder(page, ["Groq", "OpenAI"]);
  await expect(candidates(page).first()).toContainText("priority 1");
  await expect(candidates(page).first()).toContainText("$2,000 in");
  await expect(candidates(page).first()).toContainText("https://api.groq.com/openai/v1");
  await expect(candidates(page).first()).toContainText("$4"); // of 1,000 tokens each way
});

test("each field is in the address, and the address is the form", async ({ page }) => {
  const [groq] = await makeModel(page, "routed-two");
  await page.goto("/routing?model=routed-two");
  await expectOrder(page, ["Groq", "OpenAI"]);
  await page.getByRole("combobox", { name: "Strategy" }).click();
  await page.getByRole("option", { name: "cheapest" }).click();
  await expect(page).toHaveURL(/strategy=CHEAPEST/);
  await page.getByLabel("Region", { exact: true }).fill("eu-west-1");
  await expectOrder(page, ["OpenAI", "Groq"]); // the region goes before the priority
  await page.getByLabel("Only this region").check();
  await expect(excluded(page)).toContainText("region");
  await page.getByLabel("Limit").fill("1");
  await page.getByRole("button", { name: /^What the call uses/ }).click();
  await page.getByLabel("Input tokens").fill("3000");
  await expect(candidates(page)).toContainText("$1.5");
  await page.getByRole("button", { name: /^Constraints/ }).click();
  await page.getByLabel("Max. $ for the call").fill("1.5");
  await page.getByRole("combobox", { name: "Version" }).click();
  await page.getByRole("option", { name: "1.0.0" }).click();
  await expect(page).toHaveURL(/select=version/);
  await expect(page).toHaveURL(/maxExpectedCost=/);

  await page.reload();
  await page.getByRole("button", { name: "What the call uses (1 set)" }).click();
  await page.getByRole("button", { name: "Constraints (1 set)" }).click();
  await expect(page.getByLabel("Input tokens")).toHaveValue("3000");
  await expect(page.getByLabel("Max. $ for the call")).toHaveValue("1.5");
  await expect(page.getByLabel("Limit")).toHaveValue("1");
  await expect(page.getByLabel("Only this region")).toBeChecked();
  await expectOrder(page, ["OpenAI"]);
  await expect(excluded(page)).toContainText("Groq");

  await page.getByRole("button", { name: "Reset the form" }).click();
  await expect(page.getByText("Choose a model to see its candidates.")).toBeVisible();
  await expect(page).toHaveURL(/\/routing$/);
  await page.goBack();
  await expectOrder(page, ["OpenAI"]);
  expect(groq?.id).toMatch(/^bnd_/);
});

test("providers, capabilities and what was left out exclude bindings", async ({ page }) => {
  await makeModel(page, "routed-three");
  await page.goto("/routing?model=routed-three");
  await page.getByRole("button", { name: "Leave out Groq, us-east-1" }).click();
  await expectOrder(page, ["OpenAI"]);
  await expect(excluded(page)).toContainText("You have left it out.");
  await page.getByRole("button", { name: "Take Groq, us-east-1 in again" }).click();
  await expectOrder(page, ["Groq", "OpenAI"]);
  await page.getByRole("button", { name: /^Constraints/ }).click();
  await page.getByRole("combobox", { name: "Providers" }).fill("groq");
  await page.getByRole("option", { name: "Groq", exact: true }).click();
  await expectOrder(page, ["Groq"]);
  await expect(excluded(page)).toContainText("Its provider is none of those asked for.");
  await page.keyboard.press("Escape");
  await page.getByRole("combobox", { name: "Capabilities" }).click();
  await page.getByRole("option", { name: "vision" }).click();
  await expect(page.getByText("No binding can take this call now")).toBeVisible();
  await expect(excluded(page)).toHaveCount(2);
});

test("a circuit that opens and closes is seen without a reload, and what changed is marked", async ({ page }) => {
  const [groq] = await makeModel(page, "routed-four");
  await page.goto("/routing?model=routed-four");
  await expect(page.getByText("Followed")).toBeVisible();
  await expectOrder(page, ["Groq", "OpenAI"]);
  const log = page.getByRole("log");
  await expect(log).toContainText("Nothing yet");

  await api(page, SET_CIRCUIT, { input: { binding: { id: groq?.id }, state: "OPEN", reason: "maintenance at Groq" } });
  await expectOrder(page, ["OpenAI"]);
  await expect(excluded(page)).toHaveCount(1);
  await expect(excluded(page)).toContainText("circuit open");
  await expect(excluded(page)).toContainText("maintenance at Groq");
  await expect(excluded(page)).toContainText("when somebody closes it");
  await expect(excluded(page).locator("td").nth(2).locator("time")).toHaveText(/now|second/); // since when
  await expect(excluded(page).getByLabel("changed: excluded: circuit open (was rank 1)")).toBeVisible();
  await expect(candidates(page).getByLabel("changed: rank 2 → 1")).toBeVisible();
  await expect(log).toContainText("Groq, us-east-1 excluded: circuit open (was rank 1)");

  await api(page, SET_CIRCUIT, { input: { binding: { id: groq?.id }, state: "CLOSED", reason: "it works again" } });
  await expectOrder(page, ["Groq", "OpenAI"]);
  await expect(candidates(page).getByLabel("changed: candidate again, rank 1 (was excluded: circuit open)")).toBeVisible();
});

test("a route is followed again after its connection was lost", async ({ page }) => {
  const connections: { close: (options: { code: number; reason: string }) => Promise<void> }[] = [];
  await page.routeWebSocket("**/graphql", (connection) => {
    connection.connectToServer();
    connections.push(connection);
  });
  const [groq] = await makeModel(page, "routed-eight");
  await page.goto("/routing?model=routed-eight");
  await expect(page.getByText("Followed")).toBeVisible();
  const before = connections.length;
  for (const connection of connections) await connection.close({ code: 1012, reason: "the server starts again" });
  await api(page, SET_CIRCUIT, { input: { binding: { id: groq?.id }, state: "OPEN", reason: "while nobody listened" } });
  await expectOrder(page, ["OpenAI"]);
  await expect(excluded(page)).toContainText("while nobody listened");
  await expect(page.getByText("Followed")).toBeVisible();
  expect(connections.length).toBeGreaterThan(before);
});

test("a weighted draw is repeated by hand, or followed with a seed", async ({ page }) => {
  await makeModel(page, "routed-five");
  await page.goto("/routing?model=routed-five&strategy=WEIGHTED");
  await expect(page.getByText("Not followed")).toBeVisible();
  await expect(candidates(page)).toHaveCount(2);
  const answered = page.waitForResponse((response) => response.url().endsWith("/graphql"));
  await page.getByRole("button", { name: "Draw again" }).click();
  expect((await answered).status()).toBe(200);
  await page.getByRole("button", { name: "Draw", exact: true }).click();
  await page.getByLabel("Seed").fill("-7");
  await expect(page.getByText("Followed", { exact: true })).toBeVisible();
  await page.getByLabel("Sticky key").fill("conversation 12");
  await expect(page.getByLabel("Seed")).toHaveValue(""); // one of both
  await expect(page).toHaveURL(/stickyKey=conversation/);
});

test("what does not exist is said, with what there is", async ({ page }) => {
  await page.goto("/routing?model=gpt-4oo");
  await expect(page.getByRole("alert")).toContainText("There is no model gpt-4oo");
  await page.getByRole("alert").getByRole("button", { name: "gpt-3.5-turbo", exact: true }).click();
  await expect(page).toHaveURL(/model=gpt-3\.5-turbo/);
  await expect(candidates(page).first()).toBeVisible();

  await page.goto("/routing?model=gpt-4o&select=version:9.9.9");
  await expect(page.getByRole("alert")).toContainText("gpt-4o has no such version");
  await page.getByRole("button", { name: "production, else the latest" }).click();
  await expect(candidates(page).first()).toBeVisible();
});

test("a wrong value is said at its field", async ({ page }) => {
  await page.goto("/routing?model=gpt-4o&limit=21&region=EU West");
  await expect(page.getByRole("alert").filter({ hasText: "The registry refuses this call" })).toBeVisible();
  await expect(page.getByText(/^must be lower-case letters, digits and hyphens/)).toBeVisible();
  await page.getByLabel("Region", { exact: true }).fill("eu-west-1");
  await expect(page.getByText("Give a whole number from 1 to 20.")).toBeVisible();
  await expect(page.getByRole("alert")).toContainText("Limit must be from 1 to 20, not 21.");
  await page.getByLabel("Limit").fill("abc");
  await expect(page).toHaveURL(/limit=21/); // not taken
  await page.getByLabel("Limit").fill("3");
  await expect(candidates(page)).toHaveCount(3);
});

test("a model without a version is routed as soon as it has one", async ({ page }) => {
  await api(page, CREATE_MODEL, { input: { name: "routed-six", task: "CHAT" } });
  await page.goto("/routing?model=routed-six");
  await expect(page.getByRole("alert")).toContainText("has no ACTIVE version");
  const input = { model: { name: "routed-six" }, version: "1.0.0", contentHash: hash("b2"), region: "eu-west-1" };
  await api(page, CREATE_VERSION, { input });
  await expect(page.getByText("This version has no bindings.")).toBeVisible();
});

test("the page is well shown", async ({ page }) => {
  const [groq] = await makeModel(page, "routed-seven");
  await page.goto("/routing?model=routed-seven&capabilities=TOOLS&inputTokens=2000&strategy=CHEAPEST");
  await expectOrder(page, ["Groq", "OpenAI"]);
  await api(page, SET_CIRCUIT, { input: { binding: { id: groq?.id }, state: "OPEN", reason: "maintenance at Groq", until: "2027-01-01T00:00:00Z" } });
  await expect(excluded(page)).toHaveCount(1);
  await expectWellShown(page, "routing");
});
