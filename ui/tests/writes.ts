// What the tests of writes prepare, and how they open a form.
import type { Locator, Page } from "@playwright/test";

import { api, expect } from "./page";

export const HASH = "ab".repeat(32);

type Errors = { userErrors: { message: string }[] };

/** Writes by the API; fails unless it was done. */
async function written<Payload extends Errors>(page: Page, field: string, type: string, selection: string, input: object): Promise<Payload> {
  const query = `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} userErrors { message } } }`;
  const { [field]: payload } = await api<Record<string, Payload>>(page, query, { input });
  expect(payload?.userErrors).toEqual([]);
  return payload as Payload;
}

export async function createModel(page: Page, name: string, rest: object = {}): Promise<string> {
  const { model } = await written<Errors & { model: { id: string } }>(page, "createModel", "CreateModelInput", "model { id }", { name, task: "CHAT", ...rest });
  return model.id;
}

/** Changes a model, version or binding as another person would. */
export async function update(page: Page, kind: "Model" | "Version" | "Binding", id: string, changes: object): Promise<void> {
  await written(page, `update${kind}`, `Update${kind}Input`, "", { [kind.toLowerCase()]: { id }, ...changes });
}

let hashes = 0;

export async function addVersion(page: Page, model: string, label: string, rest: object = {}): Promise<string> {
  const contentHash = (hashes += 1).toString(16).padStart(64, "0");
  const input = { model: { id: model }, version: label, contentHash, region: "eu-west-1", ...rest };
  const { version } = await written<Errors & { version: { id: string } }>(page, "createVersion", "CreateVersionInput", "version { id }", input);
  return version.id;
}

export async function addBinding(page: Page, version: string, providerModelId: string, rest: object = {}): Promise<string> {
  const input = { version: { id: version }, binding: { provider: "openai", providerModelId, ...rest } };
  const { binding } = await written<Errors & { binding: { id: string } }>(page, "createBinding", "CreateBindingInput", "binding { id }", input);
  return binding.id;
}

export async function setAlias(page: Page, model: string, alias: string, version: string): Promise<void> {
  await written(page, "setAlias", "SetAliasInput", "", { model: { id: model }, alias, version: { id: version } });
}

export const dialog = (page: Page, name: string): Locator => page.getByRole("dialog", { name });

/** The input with exactly this label; a required one has an asterisk in it. */
export const field = (form: Locator, label: string): Locator =>
  form.getByLabel(new RegExp(`^${label.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}( \\*)?$`));

/** Chooses an action in the menu of a row whose button is named after it. */
export async function openMenu(page: Page, name: string | RegExp, action: string): Promise<void> {
  const named = typeof name === "string" ? `Actions for ${name}` : name;
  await page.getByRole("button", { name: named }).click();
  await page.getByRole("menuitem", { name: action, exact: true }).click();
}
