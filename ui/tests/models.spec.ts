import { readFileSync } from "node:fs";
import { type Page } from "@playwright/test";

import { api, expect, expectWellShown, test } from "./page";

type Stats = { stats: { models: number } };

const list = (page: Page) => page.getByRole("region", { name: "Models" });
const names = (page: Page) => list(page).getByRole("link");
const model = (page: Page, name: string) => list(page).getByRole("link", { name, exact: true });
const row = (page: Page, name: string) => list(page).getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
const filters = (page: Page) => page.getByRole("complementary", { name: "Filters" });

/** The list says how many models match, and the API agrees. */
async function expectCount(page: Page, filter: string): Promise<void> {
  const { stats } = await api<Stats>(page, `{ stats(filter: ${filter}) { models } }`);
  const words = `${new Intl.NumberFormat("en").format(stats.models)} ${stats.models === 1 ? "model" : "models"}`;
  await expect(page.getByRole("status").filter({ hasText: new RegExp(`^${words}$`) })).toBeVisible();
}

/** The first names of the list are those that the API has first. */
async function expectOrder(page: Page, orderBy: string): Promise<void> {
  const { models } = await api<{ models: { nodes: { name: string }[] } }>(page, `{ models(first: 5, orderBy: ${orderBy}) { nodes { name } } }`);
  for (const [place, { name }] of models.nodes.entries()) await expect(names(page).nth(place)).toHaveText(name);
}

test("models are found by parts of their name while one types, and the address has the search", async ({ page }) => {
  await page.goto("/models");
  await expect(model(page, "GLM-4-Air")).toBeVisible();
  await page.getByLabel("Search by name").pressSequentially("4o gpt mini");
  await expect(model(page, "gpt-4o-mini")).toBeVisible();
  await expect(model(page, "GLM-4-Air")).toBeHidden();
  await expectCount(page, `{ nameContains: "4o gpt mini" }`);
  expect(new URL(page.url()).searchParams.get("q")).toBe("4o gpt mini");
  await page.reload();
  await expect(page.getByLabel("Search by name")).toHaveValue("4o gpt mini");
  await expect(model(page, "gpt-4o-mini")).toBeVisible();
  await page.getByRole("button", { name: "Reset the filter" }).click();
  await expect(page.getByLabel("Search by name")).toHaveValue("");
  await expect(model(page, "GLM-4-Air")).toBeVisible();
});

test("each filter narrows the list to what its count says", async ({ page }) => {
  await page.goto("/models");
  for (const [choice, filter] of [
    ["embedding", "{ tasks: [EMBEDDING] }"],
    ["AWS Bedrock", `{ providers: ["bedrock"] }`],
    ["eu", `{ regions: ["eu"] }`],
    ["deprecated", "{ versionStatuses: [DEPRECATED] }"],
  ] as const) {
    const box = filters(page).getByRole("checkbox", { name: new RegExp(`^${choice} [\\d,]+ models$`) });
    const said = await box.evaluate((input) => input.closest("label")?.textContent ?? "");
    await box.check();
    await expectCount(page, filter);
    const { stats } = await api<Stats>(page, `{ stats(filter: ${filter}) { models } }`);
    expect(said.replaceAll(",", "")).toContain(String(stats.models));
    await page.goBack();
    await expect(filters(page).getByRole("checkbox", { name: new RegExp(`^${choice} `) })).not.toBeChecked();
  }
});

test("a filter takes any of several values, whose counts do not depend on its own choice", async ({ page }) => {
  await page.goto("/models");
  await filters(page).getByRole("checkbox", { name: /^embedding / }).check();
  await expectCount(page, "{ tasks: [EMBEDDING] }");
  await expect(filters(page).getByRole("checkbox", { name: /^realtime [1-9]/ })).toBeVisible();
  await filters(page).getByRole("checkbox", { name: /^realtime / }).check();
  await expectCount(page, "{ tasks: [EMBEDDING, REALTIME] }");
});

test("capabilities narrow one another", async ({ page }) => {
  const { model: found } = await api<{ model: { latestVersion: { id: string } } }>(page, `{ model(by: { name: "gpt-4o" }) { latestVersion { id } } }`);
  await api(page, "mutation($input: UpdateVersionInput!) { updateVersion(input: $input) { userErrors { message } } }", {
    input: { version: { id: found.latestVersion.id }, capabilities: ["TOOLS", "VISION"] },
  });
  await page.goto("/models");
  await filters(page).getByRole("checkbox", { name: /^Vision / }).check();
  await expectCount(page, "{ capabilities: [VISION] }");
  await filters(page).getByRole("checkbox", { name: /^Tools / }).check();
  await expectCount(page, "{ capabilities: [VISION, TOOLS] }");
  await expect(row(page, "gpt-4o")).toContainText("Tools, Vision");
});

test("ranges of prices per 1M tokens and of context windows are filters, and what is no number is said", async ({ page }) => {
  await page.goto("/models");
  await page.getByLabel("Lowest input price, $ per 1M tokens, from").fill("2.5");
  await page.getByLabel("Lowest input price, $ per 1M tokens, to").fill("3");
  await expectCount(page, `{ inputPer1k: { gte: "0.0025", lte: "0.003" } }`);
  await page.getByLabel("Lowest output price, $ per 1M tokens, to").fill("9.99");
  await expectCount(page, `{ inputPer1k: { gte: "0.0025", lte: "0.003" }, outputPer1k: { lte: "0.00999" } }`);
  await page.getByLabel("Context window, tokens, from").fill("many");
  await expect(page.getByText("Give a whole number from 0")).toBeVisible();
  await page.getByLabel("Context window, tokens, from").fill("128000");
  await page.getByLabel("Context window, tokens, to").fill("200000");
  await expectCount(
    page,
    `{ inputPer1k: { gte: "0.0025", lte: "0.003" }, outputPer1k: { lte: "0.00999" }, contextWindow: { gte: 128000, lte: 200000 } }`,
  );
  await page.getByRole("button", { name: "Reset 5 filters" }).click();
  await expectCount(page, "{}");
});

test("the list is ordered by the headings and by the field of the order", async ({ page }) => {
  await page.goto("/models");
  for (const [heading, field] of [
    ["Input from", "INPUT_PER_1K"], ["Output from", "OUTPUT_PER_1K"], ["Context window", "CONTEXT_WINDOW"], ["Released", "RELEASED_ON"], ["Model", "NAME"],
  ] as const) {
    const header = list(page).getByRole("columnheader", { name: new RegExp(heading) });
    await header.getByRole("button").click();
    await expect(header).toHaveAttribute("aria-sort", "ascending");
    await expectOrder(page, `{ field: ${field} }`);
    await header.getByRole("button").click();
    await expect(header).toHaveAttribute("aria-sort", "descending");
    await expectOrder(page, `{ field: ${field}, direction: DESC }`);
  }
  for (const [name, field] of [["Registered", "CREATED_AT"], ["Updated", "UPDATED_AT"]] as const) {
    await page.getByRole("combobox", { name: "Order by" }).click();
    await page.getByRole("option", { name, exact: true }).click();
    await expectOrder(page, `{ field: ${field}, direction: DESC }`);
  }
  await page.getByRole("button", { name: "Order ascending" }).click();
  await expectOrder(page, "{ field: UPDATED_AT }");
});

test("columns are chosen, and the choice is kept", async ({ page }) => {
  await page.goto("/models");
  await expect(list(page).getByRole("columnheader", { name: "Regions" })).toBeHidden();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Regions" }).check();
  await page.getByRole("checkbox", { name: "Task" }).uncheck();
  await page.keyboard.press("Escape");
  await page.reload();
  await expect(list(page).getByRole("columnheader", { name: "Regions" })).toBeVisible();
  await expect(list(page).getByRole("columnheader", { name: "Task" })).toBeHidden();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("button", { name: "Show the usual columns" }).click();
  await expect(list(page).getByRole("columnheader", { name: "Task" })).toBeVisible();
});

test("what is shown is saved as CSV, with exact amounts", async ({ page }) => {
  await page.goto("/models?q=gpt-4o-mini");
  await expect(model(page, "gpt-4o-mini")).toBeVisible();
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  const lines = readFileSync(await (await downloading).path(), "utf8").trim().split("\r\n");
  const { models } = await api<{ models: { nodes: { name: string; offer: { inputPer1k: string } }[] } }>(
    page,
    `{ models(first: 100, filter: { nameContains: "gpt-4o-mini" }, orderBy: { field: NAME }) { nodes { name offer { inputPer1k } } } }`,
  );
  expect(lines[0]).toMatch(/^Model,Task,"Lowest input price, US dollars per 1M tokens",/);
  expect(lines.slice(1).map((line) => line.split(",")[0])).toEqual(models.nodes.map(({ name }) => name));
  const first = models.nodes[0];
  expect(Number(lines[1]?.split(",")[2])).toBe(Number(first?.offer.inputPer1k) * 1_000);
  await expect(page.getByText(`${models.nodes.length} models were saved.`)).toBeVisible();
});

test("two to six models are selected and compared", async ({ page }) => {
  await page.goto("/models?q=gpt-4");
  const boxes = list(page).getByRole("checkbox");
  await boxes.nth(0).check();
  await expect(page.getByText("Select another model to compare them.")).toBeVisible();
  const chosen = [await names(page).nth(0).textContent()];
  for (let place = 1; place < 6; place += 1) {
    await boxes.nth(place).check();
    chosen.push(await names(page).nth(place).textContent());
  }
  await expect(boxes.nth(6)).toBeDisabled();
  await page.getByRole("button", { name: `Deselect ${chosen[5]}`, exact: true }).click();
  await expect(boxes.nth(6)).toBeEnabled();
  await page.getByLabel("Search by name").fill("claude-3-5-haiku");
  await row(page, "claude-3-5-haiku").getByRole("checkbox").check();
  await page.getByRole("link", { name: "Compare 6 models" }).click();
  const columns = page.getByRole("table", { name: "Comparison" }).getByRole("columnheader");
  await expect(columns).toHaveText(["Attribute", ...(chosen.slice(0, 5) as string[]), "claude-3-5-haiku"]);
});

test("a model's name leads to its page", async ({ page }) => {
  await page.goto("/models?q=gpt-4o-mini");
  await model(page, "gpt-4o-mini").click();
  await expect(page).toHaveURL(/\/models\/gpt-4o-mini$/);
  await page.goBack();
  await expect(model(page, "gpt-4o-mini")).toBeVisible();
});

test("one scrolls through all models, and few rows are drawn", async ({ page }) => {
  await page.goto("/models");
  const { stats } = await api<Stats>(page, "{ stats { models } }");
  const { models } = await api<{ models: { nodes: { name: string }[] } }>(page, "{ models(last: 1, orderBy: { field: NAME }) { nodes { name } } }");
  const last = model(page, models.nodes[0]?.name ?? "");
  await expect(async () => {
    await list(page).evaluate((scroller) => void scroller.scrollTo(0, scroller.scrollHeight));
    await expect(last).toBeVisible({ timeout: 200 });
  }).toPass();
  expect(await names(page).count()).toBeLessThan(80);
  await expect(list(page).getByRole("table")).toHaveAttribute("aria-rowcount", String(stats.models + 1));
  await list(page).evaluate((scroller) => void scroller.scrollTo(0, 0));
  await expect(names(page).first()).toBeVisible();
  await expectOrder(page, "{ field: NAME }");
});

test("changes appear in their rows, and what is new is announced without moving them", async ({ page }) => {
  await page.goto("/models?q=gemini");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await expect(names(page).first()).toBeVisible();
  const first = (await names(page).first().textContent()) ?? "";
  const second = (await names(page).nth(1).textContent()) ?? "";
  const update = "mutation($input: UpdateModelInput!) { updateModel(input: $input) { userErrors { message } } }";
  await api(page, update, { input: { model: { name: second }, task: "OCR" } });
  await expect(row(page, second)).toContainText("ocr");
  await api(page, "mutation($input: CreateModelInput!) { createModel(input: $input) { userErrors { message } } }", {
    input: { name: "A-gemini-of-tests", task: "CHAT" },
  });
  const refresh = page.getByRole("button", { name: "1 new or moved: refresh the order" });
  await expect(refresh).toBeVisible();
  await expect(names(page).first()).toHaveText(first);
  await refresh.click();
  await expect(names(page).first()).toHaveText("A-gemini-of-tests");
  await expect(refresh).toBeHidden();
  await api(page, "mutation($input: DeleteModelInput!) { deleteModel(input: $input) { userErrors { message } } }", {
    input: { model: { name: "A-gemini-of-tests" } },
  });
  await expect(row(page, "A-gemini-of-tests")).toContainText("deleted");
});

test("the number of models follows the changes of the list", async ({ page }) => {
  await page.goto("/models?q=counted-in-tests");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await expectCount(page, `{ nameContains: "counted-in-tests" }`);
  for (const name of ["counted-in-tests-1", "counted-in-tests-2"]) {
    await api(page, "mutation($input: CreateModelInput!) { createModel(input: $input) { userErrors { message } } }", { input: { name, task: "CHAT" } });
    await expectCount(page, `{ nameContains: "counted-in-tests" }`);
  }
  await api(page, "mutation($input: DeleteModelInput!) { deleteModel(input: $input) { userErrors { message } } }", { input: { model: { name: "counted-in-tests-1" } } });
  await expect(page.getByRole("status").filter({ hasText: /^1 model$/ })).toBeVisible();
});

test.describe("a filter that the API refuses", () => {
  test.use({ expectedProblems: [/status of 400/] });

  test("is refused with one word", async ({ page }) => {
    // No address has more values than the API takes, unless its limit was lowered: the requests get more on their way.
    const many = JSON.stringify(Array.from({ length: 101 }, (_, place) => `r${place}`));
    await page.route("**/graphql", (route) => route.continue({ postData: route.request().postData()?.replace('["r0"]', many) }));
    await page.goto("/models?tasks=CHAT&q=x&regions=r0");
    const refusal = page.getByRole("alert");
    await expect(refusal.first()).toContainText("at most 100 are allowed");
    await expect(page.getByText("The models are not counted.")).toHaveCount(2); // all requests are answered
    await expect(list(page)).toHaveCount(0);
    await expect(refusal).toHaveCount(1);
    await page.getByRole("navigation").getByRole("link", { name: "Models", exact: true }).click();
    await expect(list(page)).toBeVisible();
    await expect(refusal).toHaveCount(0);
  });
});

test("a search that finds nothing says so", async ({ page }) => {
  await page.goto("/models?q=no-such-model");
  await expect(page.getByText("No model matches.")).toBeVisible();
});

test("on a narrow screen the filters are in a drawer", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 800 });
  await page.goto("/models");
  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByRole("dialog").getByRole("checkbox", { name: /^embedding / }).check();
  await page.getByRole("button", { name: "Close the filters" }).click();
  await expect(page.getByRole("button", { name: "Filters (1)" })).toBeVisible();
  await expectCount(page, "{ tasks: [EMBEDDING] }");
});

test("the list is well shown", async ({ page }) => {
  await page.goto("/models");
  await expect(model(page, "GLM-4-Air")).toBeVisible();
  await list(page).getByRole("checkbox").nth(0).check();
  await list(page).getByRole("checkbox").nth(2).check();
  await expectWellShown(page, "models");
});

test("on a narrow screen the names stay while the other columns scroll", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 800 });
  await page.goto("/models");
  const name = list(page).getByRole("cell").filter({ has: page.getByRole("link", { name: "GLM-4-Air", exact: true }) });
  await expect(name).toBeVisible();
  await list(page).evaluate((scroller) => void scroller.scrollBy(400, 0));
  await expect.poll(() => list(page).evaluate((scroller) => scroller.scrollLeft)).toBeGreaterThan(300);
  const [box, frame] = [await name.boundingBox(), await list(page).boundingBox()];
  expect(Math.abs((box?.x ?? 0) - (frame?.x ?? 0))).toBeLessThan(3);
});
