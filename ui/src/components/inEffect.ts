import type { Capability } from "../gql/graphql";

type Abilities = { contextWindow: number | null; maxOutputTokens: number | null; capabilities: readonly Capability[] | null };

/** What a model can do at a provider: what the binding says of its own, or else what its version says. Null in both is unknown. */
export function inEffect(own: Abilities, version: Abilities | undefined): Abilities {
  return {
    contextWindow: own.contextWindow ?? version?.contextWindow ?? null,
    maxOutputTokens: own.maxOutputTokens ?? version?.maxOutputTokens ?? null,
    capabilities: own.capabilities ?? version?.capabilities ?? null,
  };
}
