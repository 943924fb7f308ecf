import type { Page } from "@playwright/test";

import { api, expect, expectWellShown, test } from "./page";

const CREATE = "mutation ($input: CreateTokenInput!) { createToken(input: $input) { secret userErrors { message } } }";

/** The secret of a new token. */
async function issued(page: Page, name: string, role: string): Promise<string> {
  const { createToken } = await api<{ createToken: { secret: string } }>(page, CREATE, { input: { name, role } });
  return createToken.secret;
}

/** Who the bearer of a secret is, or the status of the refusal. */
async function bearer(page: Page, secret: string): Promise<string | number> {
  const headers = { authorization: `Bearer ${secret}` };
  const response = await page.request.post("/graphql", { data: { query: "{ viewer { name role } }" }, headers });
  if (!response.ok()) return response.status();
  const { data } = (await response.json()) as { data: { viewer: { name: string; role: string } } };
  return `${data.viewer.name} ${data.viewer.role}`;
}

const secretField = (page: Page) => page.getByRole("dialog").getByLabel("Secret", { exact: true });
const row = (page: Page, name: string) => page.getByRole("row", { name: new RegExp(`^${name} `) });

test("a token is created, its secret shown once, rotated and revoked", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("/tokens");
  await page.getByRole("button", { name: "Create a token" }).click();
  const form = page.getByRole("dialog", { name: "Create a token" });
  await form.getByLabel("Name").fill("nightly");
  await form.getByRole("combobox", { name: "Role" }).click();
  await page.getByRole("option", { name: "GATEWAY" }).click();
  await expect(form.getByText("Also reports outcomes")).toBeVisible();
  await form.getByRole("button", { name: "Create" }).click();

  await expect(page.getByRole("dialog", { name: "The secret of nightly" })).toBeVisible();
  const first = await secretField(page).inputValue();
  expect(await bearer(page, first)).toBe("token:nightly GATEWAY");
  await page.keyboard.press("Escape"); // does not lose it
  await page.getByRole("button", { name: "Copy the secret" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(first);
  await page.getByRole("button", { name: "I have kept it" }).click();
  await expect(page.getByText(first)).toHaveCount(0);
  await expect(row(page, "nightly")).toContainText(/GATEWAY.*valid.*in 3 months|GATEWAY.*valid.*in 2 months/);

  await page.getByRole("button", { name: "Rotate nightly" }).click();
  await page.getByLabel("Minutes for which").fill("0");
  await page.getByRole("dialog").getByRole("button", { name: "Rotate" }).click();
  await expect(page.getByRole("dialog", { name: "The secret of nightly" })).toBeVisible();
  const second = await secretField(page).inputValue();
  expect(await bearer(page, second)).toBe("token:nightly GATEWAY");
  expect(await bearer(page, first)).toBe(401);
  await page.getByRole("button", { name: "I have kept it" }).click();

  await page.getByRole("button", { name: "Revoke nightly" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  expect(await bearer(page, second)).toBe("token:nightly GATEWAY");
  await page.getByRole("button", { name: "Revoke nightly" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(row(page, "nightly")).toContainText("revoked");
  await expect(page.getByRole("button", { name: "Rotate nightly" })).toHaveCount(0);
  expect(await bearer(page, second)).toBe(401);

  await page.getByLabel("Leave out revoked and expired tokens").check();
  await expect(page).toHaveURL(/valid=true/);
  await expect(row(page, "nightly")).toHaveCount(0);
});

test("errors are at their fields", async ({ page }) => {
  await issued(page, "taken", "READER");
  await page.goto("/tokens");
  await page.getByRole("button", { name: "Create a token" }).click();
  const form = page.getByRole("dialog", { name: "Create a token" });
  const create = form.getByRole("button", { name: "Create" });
  await create.click();
  await expect(form.getByLabel("Name")).toHaveAccessibleDescription(/A name is needed/);
  await form.getByLabel("Name").fill("Not a Name");
  await create.click();
  await expect(form.getByLabel("Name")).toHaveAccessibleDescription(/lower-case|letter/i);
  await form.getByLabel("Name").fill("taken");
  await create.click();
  await expect(form.getByLabel("Name")).toHaveAccessibleDescription(/exists|taken/);

  await form.getByLabel("Name").fill("past");
  await form.getByRole("combobox", { name: "Expires" }).click();
  await page.getByRole("option", { name: "After a day" }).click();
  await create.click();
  await expect(form.getByLabel("Last day (UTC)")).toHaveAccessibleDescription(/Choose the last day/);
  await form.getByLabel("Last day (UTC)").fill("2020-02-29");
  await create.click();
  await expect(form.getByLabel("Last day (UTC)")).toHaveAccessibleDescription(/future/);
  const day = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
  await form.getByLabel("Last day (UTC)").fill(day);
  await create.click();
  await page.getByRole("button", { name: "I have kept it" }).click();
  const { viewer } = await api<{ viewer: { tokens: { nodes: { name: string; expiresAt: string }[] } } }>(
    page, "{ viewer { tokens(first: 100) { nodes { name expiresAt } } } }",
  );
  const end = new Date(Date.parse(day) + 86_400_000).toISOString();
  const stored = viewer.tokens.nodes.find(({ name }) => name === "past")?.expiresAt ?? "";
  expect(new Date(stored).toISOString()).toBe(end);
  await expect(row(page, "past")).toContainText("expires soon");
});

test("a token that another one creates appears by itself", async ({ page }) => {
  await page.goto("/tokens");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await issued(page, "by-somebody-else", "EDITOR");
  await expect(row(page, "by-somebody-else")).toContainText("EDITOR");
});

for (const role of ["READER", "EDITOR"])
  test(`the role ${role} sees its own token, and is told why no others`, async ({ page }) => {
    const name = `own-${role.toLowerCase()}`;
    const secret = await issued(page, name, role);
    await page.addInitScript((kept) => sessionStorage.setItem("registry.token", kept), secret);
    await page.goto("/tokens");
    await expect(page.getByText("Your role may not see or issue tokens")).toBeVisible();
    await expect(row(page, name)).toContainText("yours");
    await expect(page.getByRole("row")).toHaveCount(2);
    await expect(page.getByRole("button", { name: /Create|Rotate|Revoke/ })).toHaveCount(0);
    await expect(page.getByRole("navigation").getByRole("link", { name: "Tokens" })).toHaveCount(0);
  });

test("the page that rotates its own token goes on with the new secret", async ({ page }) => {
  const secret = await issued(page, "admin", "ADMIN");
  await page.goto("/tokens");
  await page.evaluate((kept) => sessionStorage.setItem("registry.token", kept), secret);
  await page.reload();
  await page.getByRole("button", { name: "Rotate admin", exact: true }).click();
  await page.getByLabel("Minutes for which").fill("0");
  await page.getByRole("dialog").getByRole("button", { name: "Rotate" }).click();
  await expect(page.getByText("uses its new secret from now on")).toBeVisible();
  expect(await bearer(page, secret)).toBe(401);
  const next = await secretField(page).inputValue();
  expect(await page.evaluate(() => sessionStorage.getItem("registry.token"))).toBe(next);
  await page.getByRole("button", { name: "I have kept it" }).click();
  await page.getByRole("navigation").getByRole("link", { name: "Audit" }).click();
  await expect(page.getByRole("article").first()).toContainText("token:admin");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
});

test("the page is well shown", async ({ page }) => {
  await issued(page, "shown", "ADMIN");
  await page.goto("/tokens");
  await expect(row(page, "shown")).toBeVisible();
  await expectWellShown(page, "tokens");
  await page.getByRole("button", { name: "Create a token" }).click();
  await expectWellShown(page, "tokens-create");
  await page.getByLabel("Name").fill("shown-secret");
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await expect(secretField(page)).toBeVisible();
  await expectWellShown(page, "tokens-secret");
});

test("a double click creates, rotates and revokes a token once", async ({ page }) => {
  await page.goto("/tokens");
  const calls: string[] = [];
  page.on("request", (request) => {
    const body = request.postDataJSON() as { variables?: { input?: object } } | null;
    if (request.url().endsWith("/graphql") && body?.variables?.input) calls.push(JSON.stringify(body.variables.input));
  });
  await page.getByRole("button", { name: "Create a token" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("clicked-twice");
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).dblclick({ delay: 40 });
  await page.getByRole("button", { name: "I have kept it" }).click();
  expect(calls).toHaveLength(1);

  await page.getByRole("button", { name: "Rotate clicked-twice" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Rotate" }).dblclick({ delay: 40 });
  await page.getByRole("button", { name: "I have kept it" }).click();
  expect(calls).toHaveLength(2);

  await page.getByRole("button", { name: "Revoke clicked-twice" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).dblclick();
  await expect(page.getByText("clicked-twice is revoked: every server refuses it now.")).toHaveCount(1);
  await expect(page.getByText("clicked-twice was not revoked")).toHaveCount(0);
  expect(calls).toHaveLength(3);
});
