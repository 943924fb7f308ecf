// The page and a server that goes away: each change is shown when it is back, none twice, and nothing needs a click.
//
// The page's server is a process of its own (LIVE_URL). The server of the other tests (BASE_URL) is a second one on the
// same database, through which changes are committed while the page's server is away.
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, type Page, test } from "./page";
import { Server } from "./server";

const { BASE_URL = "", LIVE_URL = "", DATABASE_URL = "" } = process.env;
const BANNER = "This page may be out of date";
const SILENT_MS = 30_000; // 20 s until silence counts as a loss, 2 s until the banner, and a busy machine
// What the browser itself says about a connection that is lost or refused.
const LOST = /^console: (WebSocket connection to|Failed to load resource)/;

const server = new Server(LIVE_URL, { DATABASE_URL });

test.use({ baseURL: LIVE_URL, expectedProblems: [LOST] });
test.beforeEach(async () => server.start());
test.afterEach(() => server.thaw());
test.afterAll(async () => server.end("SIGKILL"));
test.setTimeout(180_000);

/** Asks the other server. */
async function other<Data>(query: string, variables: object = {}): Promise<Data> {
  const body = JSON.stringify({ query, variables });
  const response = await fetch(`${BASE_URL}/graphql`, { method: "POST", body, headers: { "content-type": "application/json" } });
  const answer = (await response.json()) as { data: Data; errors?: unknown };
  expect(answer.errors).toBeUndefined();
  return answer.data;
}

const CREATE = "mutation($name: String!) { createModel(input: { name: $name, task: CHAT }) { model { id } } }";

async function create(...names: string[]): Promise<void> {
  for (const name of names) await other(CREATE, { name });
}

const banner = (page: Page) => page.getByText(BANNER);
const live = (page: Page) => page.getByText("Live", { exact: true });
const eventsOf = (page: Page, name: string) => page.getByRole("article").filter({ hasText: name });

/** Each of these changes is in the audit log, once. */
async function expectOnce(page: Page, names: string[]): Promise<void> {
  for (const name of names) await expect(eventsOf(page, name)).toHaveCount(1);
}

async function isMarked(page: Page): Promise<boolean> {
  return page.evaluate(() => "isMarked" in window);
}

/** Opens a page and marks it, so that a reload is noticed. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(live(page)).toBeVisible();
  await page.evaluate(() => Object.assign(window, { isMarked: true }));
}

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  test(`after a server that ends by ${signal} each change is shown once`, async ({ page }) => {
    const names = ["before", "away-1", "away-2", "after"].map((name) => `${signal.toLowerCase()}-${name}`);
    const [before = "", first = "", second = "", after = ""] = names;
    await open(page, "/audit");
    await create(before);
    await expect(eventsOf(page, before)).toHaveCount(1);
    await server.end(signal);
    await expect(banner(page)).toBeVisible();
    await create(first, second);
    await server.start();
    await expect(banner(page)).toBeHidden({ timeout: SILENT_MS });
    await create(after);
    await expectOnce(page, names);
    expect(await isMarked(page)).toBe(true);
  });
}

test("a server that is frozen is noticed, and what it had to tell is shown once it goes on", async ({ page }) => {
  await open(page, "/audit");
  server.freeze();
  await create("frozen-1", "frozen-2");
  await expect(banner(page)).toBeVisible({ timeout: SILENT_MS });
  server.thaw();
  await expect(banner(page)).toBeHidden({ timeout: SILENT_MS });
  await expectOnce(page, ["frozen-1", "frozen-2"]);
  expect(await isMarked(page)).toBe(true);
});

test("a page that was asleep while the server was replaced shows what it has missed", async ({ page }) => {
  await open(page, "/");
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  await server.end("SIGKILL");
  await create("asleep");
  await server.start();
  await devtools.send("Page.setWebLifecycleState", { state: "active" });
  await expect(page.getByRole("link", { name: "asleep" })).toBeVisible({ timeout: SILENT_MS });
  expect(await isMarked(page)).toBe(true);
});

test("what failed while the server was away is read when it is back", async ({ page }) => {
  await open(page, "/models");
  await expect(page.locator("tbody a").first()).toBeVisible();
  const pages = page.getByRole("navigation", { name: "Pages" });
  await pages.getByRole("link", { name: "Audit" }).click();
  await expect(page.getByRole("article").first()).toBeVisible();
  await server.end("SIGKILL");
  await pages.getByRole("link", { name: "Models" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await server.start();
  await expect(page.locator("tbody a").first()).toBeVisible({ timeout: SILENT_MS });
  await expect(page.getByRole("alert")).toHaveCount(0);
  expect(await isMarked(page)).toBe(true);
});

test("a page whose first question found no server opens when it is back", async ({ page }) => {
  const isAway = new Promise<void>((tell) => {
    void page.route("**/graphql", async (route) => {
      await server.end("SIGKILL");
      await route.continue();
      tell();
    }, { times: 1 });
  });
  await page.goto("/audit");
  await isAway;
  await expect(page.getByRole("alert")).toBeVisible();
  await server.start();
  await expect(page.getByRole("article").first()).toBeVisible({ timeout: SILENT_MS });
  await expect(live(page)).toBeVisible();
});

test("where another registry answers, everything is read again", async ({ page }) => {
  await open(page, "/audit");
  await expect(page.getByRole("article").first()).toBeVisible();
  await server.end("SIGTERM");
  const REGISTRY_DATA_DIR = mkdtempSync(join(tmpdir(), "registry-live-"));
  await server.start({ DATABASE_URL: "", REGISTRY_DATA_DIR });
  await expect(page.getByRole("article")).toHaveCount(0, { timeout: SILENT_MS });
  await expect(banner(page)).toBeHidden({ timeout: SILENT_MS });
  expect(await isMarked(page)).toBe(true);
  await server.end("SIGTERM"); // and its database with it
});

test("a token that is revoked while the page is open ends at the sign-in", async ({ page }) => {
  type Issued = { createToken: { secret: string; token: { id: string } } };
  const { createToken } = await other<Issued>(
    'mutation { createToken(input: { name: "live", role: READER }) { secret token { id } } }',
  );
  await page.addInitScript((secret) => sessionStorage.setItem("registry.token", secret), createToken.secret);
  await open(page, "/audit");
  await other("mutation($id: ID!) { revokeToken(input: { id: $id }) { token { id } } }", { id: createToken.token.id });
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("a server without room for the page's subscription is told of, and tried again", async ({ page }) => {
  await server.end("SIGTERM");
  await server.start({ REGISTRY_SUBSCRIPTIONS_MAX: "0" });
  await page.goto("/audit");
  await expect(banner(page)).toBeVisible();
  await expect(page.getByText("At most 0 subscriptions")).toBeVisible();
  await expect(page.getByRole("article").first()).toBeVisible();
  await server.end("SIGTERM");
  await create("room");
  await server.start();
  await expect(banner(page)).toBeHidden({ timeout: SILENT_MS });
  await expectOnce(page, ["room"]);
});

const MANIFEST = resolve(import.meta.dirname, "../../server/static/ui/documents.json");

/** Gives the page an id of this operation that the server does not know, as a build of another release has. */
async function makeOutdated(page: Page, operation: string): Promise<string> {
  const documents = Object.entries(JSON.parse(readFileSync(MANIFEST, "utf8")) as Record<string, string>);
  const found = documents.find(([, text]) => new RegExp(`^\\s*\\w+ ${operation}\\b`).test(text));
  const hash = (found?.[0] ?? "").replace("sha256:", "");
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  const unknown = "0".repeat(64);
  await page.route("**/assets/*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replaceAll(hash, unknown) });
  });
  return unknown;
}

for (const operation of ["AppChanges", "OverviewPage", "AppFrame"]) {
  test(`a page whose ${operation} the server does not know says once to reload, and asks no more`, async ({ page }) => {
    const unknown = await makeOutdated(page, operation);
    let asked = 0;
    page.on("request", (request) => (asked += Number(request.postData()?.includes(unknown) ?? false)));
    page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => (asked += Number(payload.toString().includes(unknown)))),
    );
    await page.goto("/");
    await expect(page.getByRole("alert")).toHaveText(/The registry was updated/);
    await create(`outdated-${operation.toLowerCase()}`);
    await page.waitForTimeout(8_000); // longer than the pause after which what is away would be asked for again
    await expect(page.getByRole("alert")).toHaveCount(1);
    // A change makes the page read what it touches, once.
    expect(asked).toBeLessThanOrEqual(2);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    const loaded = page.waitForEvent("load");
    await page.getByRole("button", { name: "Reload the page" }).click();
    await loaded;
  });
}
