import { integer, oneOf, type Readers, someOf, text, texts } from "../../app/search";
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

export const PRICES: Readers<PricesSearch> = {
  view: oneOf(["changes"]),
  capabilities: someOf(CAPABILITIES),
  context: integer,
  regions: texts,
  model: text,
  input: integer,
  output: integer,
  cached: integer,
};

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
