import type { Page } from "@playwright/test";

import { api, expect, expectWellShown, test as base } from "./page";

const ISSUER = process.env.ISSUER ?? "";

// A refusal is an error of the console, too; and the issuer is another host.
const test = base.extend({
  expectedProblems: async ({}, use) => use([/the server responded with a status of 40[13]/, new RegExp(`^foreign: ${ISSUER}/`)]),
});

type Created = { createToken: { secret: string; token: { id: string } } };

async function issued(page: Page, name: string, role: string): Promise<{ secret: string; id: string }> {
  const query = "mutation ($input: CreateTokenInput!) { createToken(input: $input) { secret token { id } } }";
  const { createToken } = await api<Created>(page, query, { input: { name, role } });
  return { secret: createToken.secret, id: createToken.token.id };
}

async function revoke(page: Page, id: string): Promise<void> {
  await api(page, "mutation ($input: RevokeTokenInput!) { revokeToken(input: $input) { token { id } } }", { input: { id } });
}

async function signIn(page: Page, secret: string): Promise<void> {
  await page.getByLabel(/^Token/).fill(secret);
  await page.getByRole("button", { name: "Sign in with the token" }).click();
}

/** Signs in at the issuer as one of its people: tests/server/access/code_flow.py. */
async function signInAs(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: `Sign in with ${new URL(ISSUER).host}` }).click();
  await page.waitForURL(`${ISSUER}/authorize?*`);
  await page.getByRole("link", { name, exact: true }).click();
}

const live = (page: Page) => page.getByText("Live", { exact: true });
const heading = (page: Page) => page.getByRole("heading", { name: "Sign in" });
const kept = (page: Page) => page.evaluate(() => sessionStorage.getItem("registry.token"));

test("a wrong token is refused, and a right one opens what was asked for", async ({ page }) => {
  await page.goto("/audit?from=2020-02-29");
  await expect(heading(page)).toBeVisible();
  await signIn(page, "mrk_zzzzzzzz_wrong");
  await expect(page.getByLabel(/^Token/)).toHaveAccessibleDescription(/does not accept this token/);
  await signIn(page, "two words");
  await expect(page.getByLabel(/^Token/)).toHaveAccessibleDescription(/no spaces/);
  expect(await kept(page)).toBeNull();

  await signIn(page, process.env.TOKEN ?? "");
  await expect(page.getByRole("heading", { level: 1, name: "Audit" })).toBeVisible();
  await expect(page).toHaveURL(/\/audit\?from=2020-02-29$/);
  await expect(page.getByRole("article").first()).toBeVisible();
  await expect(page.getByRole("banner")).toContainText("token:tests ADMIN");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(heading(page)).toBeVisible();
  expect(await kept(page)).toBeNull();
});

test("a page whose token is revoked asks for another one", async ({ page }) => {
  const { secret, id } = await issued(page, "short-lived", "READER");
  await page.goto("/audit");
  await signIn(page, secret);
  await expect(live(page)).toBeVisible();
  await revoke(page, id);
  await expect(page.getByText("does not accept your token any more")).toBeVisible();
  await expect(page).toHaveURL(/\/audit$/);
});

// What each role may do is in docs/access.md. Readers can look at everything, and write nothing.
const WRITTEN = "/models/gpt-4o?tab=aliases";
const PAGES = ["/", "/models", "/models/gpt-4o", WRITTEN, "/compare?models=gpt-4o,gpt-4o-mini", "/prices", "/retirements", "/routing", "/retention", "/audit"];
const WRITES = /^(create|add|edit|delete|archive|restore|revoke|rotate|issue|apply|purge|point|move|roll back|withdraw|put|lift|register|set )/i;

/** Moves an alias from one version to another: that can be rolled back. */
async function moveAlias(page: Page): Promise<void> {
  const query = "mutation ($input: SetAliasInput!) { setAlias(input: $input) { userErrors { message } } }";
  const model = { name: "gpt-4o" };
  for (const number of [1, 2]) {
    const input = { model, alias: "production", version: { inModel: { model, select: { number } } } };
    expect(await api(page, query, { input })).toEqual({ setAlias: { userErrors: [] } });
  }
}

test("a READER is offered nothing that it may not do", async ({ page }) => {
  await moveAlias(page);
  const { secret } = await issued(page, "reader", "READER");
  await page.goto("/audit");
  await signIn(page, secret);
  await expect(page.getByRole("banner")).toContainText("READER");
  for (const path of PAGES) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.waitForLoadState("networkidle");
    expect(await page.getByRole("button", { name: WRITES }).allTextContents(), path).toEqual([]);
  }
  await expect(page.getByRole("link", { name: "Tokens" })).toHaveCount(0);
});

test("an EDITOR is offered what it may write, and no tokens", async ({ page }) => {
  await moveAlias(page);
  const { secret } = await issued(page, "editor", "EDITOR");
  await page.goto(WRITTEN);
  await signIn(page, secret);
  await expect(page.getByRole("banner")).toContainText("EDITOR");
  await expect(page.getByRole("button", { name: WRITES }).first()).toBeVisible();
  await expect(page.getByRole("link", { name: "Tokens" })).toHaveCount(0);
  await page.goto("/tokens");
  await expect(page.getByText("Your role may not see or issue tokens")).toBeVisible();
  await expect(page.getByRole("button", { name: WRITES })).toHaveCount(0);
});

test("one signs in at the issuer, comes back to where one was, and signs out", async ({ page }) => {
  const response = await page.goto("/audit?from=2020-02-29");
  expect(response?.headers()["content-security-policy"]).toContain(`connect-src 'self' ${ISSUER};`);
  await signInAs(page, "Eve");
  await expect(page.getByRole("banner")).toContainText("oidc:eve EDITOR");
  await expect(page).toHaveURL(/\/audit\?from=2020-02-29$/);
  await expect(live(page)).toBeVisible();
  await page.reload();
  await expect(page.getByRole("banner")).toContainText("oidc:eve EDITOR");

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(heading(page)).toBeVisible();
  expect(await page.evaluate(() => Object.values(sessionStorage).filter((value) => /token/.test(value)))).toEqual([]);
  await signInAs(page, "Rob"); // the issuer asks again, so that another person can sign in
  await expect(page.getByRole("banner")).toContainText("oidc:rob READER");
  await expect(page).toHaveURL(/\/audit\?from=2020-02-29$/);
});

test("after signing out the issuer is told to ask who it is", async ({ page }) => {
  await page.goto("/audit");
  await page.getByRole("button", { name: /^Sign in with 127/ }).click();
  await expect(page.getByRole("heading", { name: "Choose an account" })).toBeVisible();
  await page.getByRole("link", { name: "Ada" }).click();
  await page.getByRole("link", { name: "Tokens" }).click();
  await expect(page.getByRole("button", { name: "Create a token" })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: /^Sign in with 127/ }).click();
  await expect(page.getByRole("heading", { name: "Log in" })).toBeVisible();
});

test("a session is renewed before its token expires", async ({ page }) => {
  await page.goto("/audit");
  await signInAs(page, "Brief");
  await expect(live(page)).toBeVisible();
  const closed = page.waitForEvent("websocket").then((socket) => socket.waitForEvent("close"));
  const first = await kept(page);
  await page.reload();
  await expect.poll(() => kept(page), { timeout: 30_000 }).not.toBe(first);
  await closed; // with the first token
  await expect(live(page)).toBeVisible();
  const second = await kept(page);
  await expect.poll(() => kept(page), { timeout: 30_000 }).not.toBe(second);
  await page.getByRole("button", { name: "Load older events" }).click();
  await expect(page.getByRole("article")).toHaveCount(100);
  await expect(heading(page)).toHaveCount(0);
});

test("a session that cannot be renewed says when it ends, and then asks again", async ({ page }) => {
  await page.goto("/audit");
  await signInAs(page, "Short");
  await expect(page.getByText("Your session ends soon")).toBeVisible();
  await expect(page.getByText("does not accept your token any more")).toBeVisible({ timeout: 30_000 });
  await signInAs(page, "Rob");
  await expect(page.getByRole("banner")).toContainText("oidc:rob READER");
});

test("who has no role is told so", async ({ page }) => {
  await page.goto("/audit");
  await signInAs(page, "Guest");
  await expect(page.getByRole("alert")).toContainText("gives you no role");
  expect(await kept(page)).toBeNull();
  await signInAs(page, "Rob");
  await expect(page.getByRole("banner")).toContainText("oidc:rob READER");
  await expect(page).toHaveURL(/\/$/);
});

test("a refusal by the issuer, and an address that was used before, are explained", async ({ page }) => {
  await page.goto("/audit");
  await signInAs(page, "Nobody");
  await expect(page.getByRole("alert")).toContainText("The person said no.");
  await expect(page).toHaveURL(/\/sign-in$/);
  await page.goto("/sign-in?code=used&state=unknown");
  await expect(page.getByRole("alert")).toContainText("You are not signed in.");
  await signIn(page, process.env.TOKEN ?? "");
  await expect(page.getByRole("banner")).toContainText("token:tests ADMIN");
});

test("the page is well shown", async ({ page }) => {
  await page.goto("/audit");
  await expect(page.getByRole("button", { name: /^Sign in with 127/ })).toBeVisible();
  await signIn(page, "wrong");
  await expectWellShown(page, "sign-in");
});
