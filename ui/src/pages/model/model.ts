import type { IsTouched } from "../../app/queries";
import type { ModelPageQuery } from "../../gql/graphql";

export type Model = NonNullable<ModelPageQuery["model"]>;
export type Version = Model["versions"]["nodes"][number];
export type Binding = Model["bindings"]["nodes"][number];
export type Alias = { name: string };

/** Names of models are equal without regard to case, as in the registry. */
export const isSameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

export const NAME_LENGTH_MAX = 200;

/** Whether a model can have the name, as the API says of `Model.name`. */
export const isModelName = (name: string): boolean => name.length <= NAME_LENGTH_MAX && /^[A-Za-z0-9]([A-Za-z0-9._:/@-]*[A-Za-z0-9])?$/.test(name);

/** Whether a change belongs to this model. A change of a provider or a catalog may show in any of its bindings. */
export function touches(name: string, id?: string): IsTouched {
  return ({ event, model }) => (model ? model.id === id || isSameName(model.name, name) : event.kind === "PROVIDER" || event.kind === "MODEL");
}

/** Who serves which version: "OpenAI gpt-4o (eu) 2.0.0". */
export function bindingName(binding: {
  providerName: string;
  providerModelId: string;
  region: string | null;
  versionLabel: string;
}): string {
  const region = binding.region ? ` (${binding.region})` : "";
  return `${binding.providerName} ${binding.providerModelId}${region} ${binding.versionLabel}`;
}
