// Bindings, prices and circuits are written by the forms of the page; what is stored is asked of the API.
import type { Page } from "@playwright/test";

import { api, expect, expectWellShown, test } from "./page";
import { addBinding, addVersion, createModel, dialog, field, openMenu } from "./writes";

type Component = { meter: string; unit: string; amount: string; aboveInputTokens: number; variant: string };
type Binding = {
  id: string; providerSlug: string; region: string | null; status: string; priority: number; requestsPerMinute: number | null;
  endpoint: string | null; config: unknown; credentialRef: string | null; capabilities: string[] | null; successRate: number | null;
  price: { inputPer1k: string | null; outputPer1k: string | null; source: string | null; components: Component[] } | null;
  prices: { nodes: { scheduled: boolean; effectiveFrom: string }[] };
  health: { circuit: { state: string; reason: string | null; heldUntil: string | null } };
};
const PARTS = `id providerSlug region status priority requestsPerMinute endpoint config credentialRef capabilities successRate
  price { inputPer1k outputPer1k source components { meter unit amount aboveInputTokens variant } }
  prices(first: 10) { nodes { scheduled effectiveFrom } } health { circuit { state reason heldUntil } }`;

/** The bindings of a model. */
const bindings = async (page: Page, name: string) =>
  (await api<{ model: { bindings: { nodes: Binding[] } } }>(page, `{ model(by: { name: "${name}" }) { bindings(first: 10) { nodes { ${PARTS} } } } }`)).model.bindings.nodes;
const only = async (page: Page, name: string) => (await bindings(page, name))[0] as Binding;

/** The tab of the bindings of a new model with one binding. */
async function withBinding(page: Page, name: string, rest: object = {}): Promise<void> {
  const version = await addVersion(page, await createModel(page, name), "1.0.0");
  await addBinding(page, version, `${name}-x`, rest);
  await page.goto(`/models/${name}?tab=bindings`);
}

test("a binding is created, after its refused values were shown at their fields", async ({ page }) => {
  await addVersion(page, await createModel(page, "bound"), "1.0.0");
  await page.goto("/models/bound?tab=bindings");
  await page.getByRole("button", { name: "Create a binding" }).click();
  const form = dialog(page, "Create a binding of bound");
  const create = form.getByRole("button", { name: "Create" });
  await expect(form.getByRole("combobox", { name: "Version" })).toHaveValue("1.0.0");
  await form.getByRole("combobox", { name: "Provider" }).fill("no-such-provider");
  await field(form, "Settings").fill('{"timeout": }');
  await create.click();
  await expect(field(form, "Model at the provider")).toHaveAccessibleDescription(/is needed/);
  await expect(field(form, "Settings")).toHaveAccessibleDescription(/Line 1, column 13: a value is expected/);
  await field(form, "Model at the provider").fill("bound-x");
  await field(form, "Settings").fill('{"timeout": 3}');
  await field(form, "Credential reference").fill("secret");
  await field(form, "Weight").fill("1001");
  await create.click();
  await expect(field(form, "Credential reference")).toHaveAccessibleDescription(/env:\/\/.*must|must.*env:\/\//s);
  await expect(field(form, "Weight")).toHaveAccessibleDescription(/1000.*1000/s);
  await field(form, "Credential reference").fill("env://OPENAI_KEY");
  await field(form, "Weight").fill("10");
  await create.click();
  await expect(form.getByRole("combobox", { name: "Provider" })).toHaveAccessibleDescription(/no provider|not exist/i);
  await form.getByRole("combobox", { name: "Provider" }).fill("openai");
  await page.keyboard.press("Tab");
  await expectWellShown(page, "write-binding");
  await create.click();
  await expect(form).toHaveCount(0);
  expect(await only(page, "bound")).toMatchObject({
    providerSlug: "openai", region: null, status: "ACTIVE", priority: 100, requestsPerMinute: null, config: { timeout: 3 },
    credentialRef: "env://OPENAI_KEY", capabilities: null, price: null,
  });
});

test("a binding is edited and deleted", async ({ page }) => {
  await withBinding(page, "rebound", { requestsPerMinute: 5, config: { a: 1 }, region: "eu-west-1" });
  await openMenu(page, /rebound-x/, "Edit");
  const form = page.getByRole("dialog", { name: /^Edit .*rebound-x/ });
  await field(form, "Requests a minute").fill("");
  await field(form, "Settings").fill("");
  await field(form, "Endpoint").fill("https://example.com/v1");
  await field(form, "Success rate by hand").fill("0.5");
  await form.getByLabel("Known: only those that are checked").check();
  await field(form, "Priority").fill("-1");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(field(form, "Priority")).toHaveAccessibleDescription(/must be/);
  await field(form, "Priority").fill("7");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form).toHaveCount(0);
  expect(await only(page, "rebound")).toMatchObject({
    requestsPerMinute: null, config: null, endpoint: "https://example.com/v1", successRate: 0.5, capabilities: [], priority: 7, region: "eu-west-1",
  });
  await openMenu(page, /rebound-x/, "Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No provider serves this model yet.")).toBeVisible();
  expect(await bindings(page, "rebound")).toEqual([]);
});

test("a price is set exactly as typed, planned and withdrawn", async ({ page }) => {
  await withBinding(page, "priced");
  await openMenu(page, /priced-x/, "Set a price");
  const form = page.getByRole("dialog", { name: /^Set a price/ });
  const set = form.getByRole("button", { name: "Set the price" });
  await set.click();
  await expect(field(form, "Input")).toHaveAccessibleDescription(/at least one amount/);
  await field(form, "Input").fill("2,5");
  await field(form, "Output").fill("0.00000001");
  await set.click();
  await expect(field(form, "Input")).toHaveAccessibleDescription(/such as 2.5/);
  await expect(field(form, "Output")).toHaveAccessibleDescription(/at most 7 decimals/);
  await field(form, "Input").fill("2.50");
  await field(form, "Output").fill("0.0000001");
  await field(form, "Source").fill("a contract");
  await set.click();
  await expect(form).toHaveCount(0);
  expect((await only(page, "priced")).price).toMatchObject({ inputPer1k: "0.0025", outputPer1k: "0.0000000001", source: "a contract" });

  await openMenu(page, /priced-x/, "Set a price");
  await expect(field(form, "Input")).toHaveValue("2.5");
  await form.getByRole("button", { name: "Add a component" }).click();
  await form.getByRole("button", { name: "Add a component" }).click();
  const [batch, image] = [form.getByRole("group", { name: "Component 1" }), form.getByRole("group", { name: "Component 2" })];
  await batch.getByLabel("Above input tokens").fill("200000");
  await batch.getByLabel("Dollars per 1M tokens").fill("1.25");
  await image.getByLabel("Dollars per 1M tokens").fill("1");
  await image.getByLabel("Above input tokens").fill("200000");
  await field(form, "Takes effect (UTC)").fill("2020-01-01T00:00");
  await expectWellShown(page, "write-price");
  await set.click();
  await expect(image.getByRole("combobox", { name: "Meter" })).toHaveAccessibleDescription(/another component has the same/);
  await image.getByRole("combobox", { name: "Meter" }).click();
  await page.getByRole("option", { name: "image output" }).click();
  await image.getByRole("combobox", { name: "Unit" }).click();
  await page.getByRole("option", { name: "image", exact: true }).click();
  await image.getByLabel("Dollars per image").fill("0.04");
  await image.getByLabel("Above input tokens").fill("0");
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  await field(form, "Takes effect (UTC)").fill(`${day}T10:30`);
  await set.click();
  await expect(page.getByText(/A price of .* is planned/)).toBeVisible();
  const planned = await only(page, "priced");
  expect(planned.price?.components).toHaveLength(2); // until then
  expect(planned.prices.nodes.map(({ scheduled }) => scheduled).sort()).toEqual([false, true]);
  const [next] = planned.prices.nodes.filter(({ scheduled }) => scheduled);
  expect(new Date(next?.effectiveFrom ?? "").toISOString()).toBe(`${day}T10:30:00.000Z`);

  await page.goto("/models/priced?tab=prices");
  await page.getByRole("row", { name: /planned/ }).getByRole("button", { name: /Withdraw/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
  await expect(page.getByText(/The price of .* is withdrawn/)).toBeVisible();
  expect((await only(page, "priced")).prices.nodes.map(({ scheduled }) => scheduled)).toEqual([false]);
});

test("of the prices in effect only those of operators are offered to be withdrawn", async ({ page }) => {
  await withBinding(page, "sourced", { price: { inputPer1k: "0.001", source: "genai-prices" } });
  const { id } = await only(page, "sourced");
  await page.goto("/models/sourced?tab=prices");
  const withdraw = page.getByRole("button", { name: /^Withdraw the price/ });
  const note = page.getByText("A price in effect whose source is a catalog cannot be withdrawn");
  await expect(note).toBeVisible();
  await expect(withdraw).toHaveCount(0);
  const set = "mutation ($input: SetPriceInput!) { setPrice(input: $input) { userErrors { message } } }";
  for (const source of ["a contract", null]) {
    await api(page, set, { input: { binding: { id }, price: { inputPer1k: "0.002", source } } });
    await page.reload();
    await expect(page.getByRole("row", { name: /now/ }).getByRole("button", { name: /^Withdraw the price/ })).toBeVisible();
    await expect(withdraw).toHaveCount(1); // what has ended is history
    await expect(note).toHaveCount(0);
  }
  await withdraw.click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
  await expect(page.getByText(/The price of .* is withdrawn/)).toBeVisible();
  await expect(withdraw).toHaveCount(1); // the price before, of the contract, holds again
});

test("after the only price was withdrawn there is none to withdraw", async ({ page }) => {
  await withBinding(page, "unpriced", { price: { inputPer1k: "0.001" } });
  await page.goto("/models/unpriced?tab=prices");
  const withdraw = page.getByRole("button", { name: /^Withdraw the price/ });
  await withdraw.click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
  await expect(page.getByRole("cell", { name: "withdrawn", exact: true })).toBeVisible();
  await expect(withdraw).toHaveCount(0);
});

test("a circuit is opened and closed by hand", async ({ page }) => {
  await withBinding(page, "wired");
  await openMenu(page, /wired-x/, "Open the circuit");
  const form = page.getByRole("dialog", { name: /^Set the circuit/ });
  const set = form.getByRole("button", { name: "Set the circuit" });
  await set.click();
  await expect(field(form, "Reason")).toHaveAccessibleDescription(/Reason is needed/);
  await field(form, "Reason").fill("Broken at the provider.");
  await field(form, "Until (UTC)").fill("2020-01-01T00:00");
  await set.click();
  await expect(field(form, "Until (UTC)")).toHaveAccessibleDescription(/future|later|ahead/);
  await field(form, "Until (UTC)").fill("");
  await expectWellShown(page, "write-circuit");
  await set.click();
  await expect(page.getByText("circuit open")).toBeVisible();
  expect((await only(page, "wired")).health.circuit).toMatchObject({ state: "OPEN", reason: "Broken at the provider." });
  await openMenu(page, /wired-x/, "Close the circuit");
  await field(form, "Reason").fill("It works again.");
  await set.click();
  await expect(page.getByText("circuit open")).toHaveCount(0);
  expect((await only(page, "wired")).health.circuit.state).toBe("CLOSED");
});
