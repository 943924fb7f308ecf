import { integer, oneOf, type Search, someOf, text, texts } from "../../app/search";
import { CAPABILITIES } from "../../components/capabilityNames";
import type { BindingFilter, Capability, UsageInput } from "../../gql/graphql";

export const CHANGES_DAYS = 90;
export const USUAL = { input: 3_000, output: 500 };

export type PricesSearch = {
  view?: "changes";
  capabilities?: Capability[];
  context?: number;
  regions?: string[];
  model?: string;
  /** Tokens of one call. */
  input?: number;
  output?: number;
  cached?: number;
};

export function pricesSearch(search: Search): PricesSearch {
  return {
    view: oneOf(search.view, ["changes"]),
    capabilities: someOf(search.capabilities, CAPABILITIES),
    context: integer(search.context),
    regions: texts(search.regions),
    model: text(search.model),
    input: integer(search.input),
    output: integer(search.output),
    cached: integer(search.cached),
  };
}

/** The bindings that fulfil the needs, and can be called now. */
export function filterOf({ capabilities, context, regions, model }: PricesSearch): BindingFilter {
  return {
    routable: true,
    capabilities,
    contextWindow: context ? { gte: context } : undefined,
    regions,
    models: model ? [{ name: model }] : undefined,
  };
}

/** What one call uses. Cached tokens are a part of the input. */
export function usageOf({ input = USUAL.input, output = USUAL.output, cached = 0 }: PricesSearch): UsageInput {
  return { inputTokens: input, outputTokens: output, cacheReadTokens: cached };
}
