import { valuesOf } from "../../app/enums";
import {
  decimal, flag, integer, oneOf, type Search, signedInteger, someOf, text, texts,
} from "../../app/search";
import { CAPABILITIES } from "../../components/capabilityNames";
import type { Capability, PriceVariant, RouteInput, RouteStrategy, UsageInput, VersionSelector } from "../../gql/graphql";

export const STRATEGIES = valuesOf<RouteStrategy>({
  PRIORITY: true, WEIGHTED: true, CHEAPEST: true, FASTEST: true, MOST_RELIABLE: true, BALANCED: true,
});
export const VARIANTS = valuesOf<PriceVariant>({ STANDARD: true, BATCH: true, FLEX: true, PRIORITY: true, FAST: true });

/** The counts of UsageInput, in the order of the form. */
export const USAGE = [
  "inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens", "reasoningTokens", "audioInputTokens",
  "audioOutputTokens", "images", "requests",
] as const satisfies readonly (keyof UsageInput)[];
export type UsageCount = (typeof USAGE)[number];

/** The input of `route` as the address has it; what is absent has the API's default. */
export type RoutingSearch = {
  model?: string;
  /** "latest", or the kind and the value, such as "alias:production" or "version:1.2.0". */
  select?: string;
  strategy?: RouteStrategy;
  region?: string;
  requireRegion?: true;
  providers?: string[];
  excludeBindings?: string[];
  capabilities?: Capability[];
  minContextWindow?: number;
  variant?: PriceVariant;
  maxCostPer1k?: string;
  maxExpectedCost?: string;
  maxLatencyMs?: string;
  minSuccessRate?: string;
  minEvalScore?: string;
  seed?: number;
  stickyKey?: string;
  limit?: number;
} & { [Count in UsageCount]?: number };

export function routingSearch(search: Search): RoutingSearch {
  const counts = Object.fromEntries(USAGE.map((name) => [name, integer(search[name])]));
  return {
    ...counts,
    model: text(search.model),
    select: selectorOf(text(search.select)) && text(search.select),
    strategy: oneOf(search.strategy, STRATEGIES),
    region: text(search.region),
    requireRegion: flag(search.requireRegion),
    providers: texts(search.providers),
    excludeBindings: texts(search.excludeBindings),
    capabilities: someOf(search.capabilities, CAPABILITIES),
    minContextWindow: integer(search.minContextWindow),
    variant: oneOf(search.variant, VARIANTS),
    maxCostPer1k: decimal(search.maxCostPer1k),
    maxExpectedCost: decimal(search.maxExpectedCost),
    maxLatencyMs: decimal(search.maxLatencyMs),
    minSuccessRate: decimal(search.minSuccessRate),
    minEvalScore: decimal(search.minEvalScore),
    seed: signedInteger(search.seed),
    stickyKey: text(search.stickyKey),
    limit: integer(search.limit),
  };
}

/** The selector of the API, or undefined for none and for one that cannot be read. */
export function selectorOf(select: string | undefined): VersionSelector | undefined {
  if (select === "latest") return { latest: true };
  const [, kind, value = ""] = /^(alias|version|number|contentHash):(.+)$/.exec(select ?? "") ?? [];
  if (kind === "alias") return { alias: value };
  if (kind === "version") return { version: value };
  if (kind === "contentHash") return { contentHash: value };
  const number = kind === "number" ? integer(value) : undefined;
  return number === undefined ? undefined : { number };
}

/** The input of `route`, with only what the address says, so that the API's defaults hold. */
export function routeInput(search: RoutingSearch): RouteInput {
  const { model = "", select, variant, maxLatencyMs, minSuccessRate, minEvalScore } = search;
  const { strategy, region, requireRegion, providers, excludeBindings, capabilities } = search;
  const { minContextWindow, maxCostPer1k, maxExpectedCost, seed, stickyKey, limit } = search;
  const input = {
    model: { name: model },
    select: selectorOf(select),
    usage: usageOf(search, variant),
    maxLatencyMs: numberOf(maxLatencyMs),
    minSuccessRate: numberOf(minSuccessRate),
    minEvalScore: numberOf(minEvalScore),
    ...{ strategy, region, requireRegion, providers, excludeBindings, capabilities },
    ...{ minContextWindow, maxCostPer1k, maxExpectedCost, seed, stickyKey, limit },
  };
  return JSON.parse(JSON.stringify(input)) as RouteInput; // without what is undefined
}

/** With any count in the address, the others are those of UsageInput; without any, the API takes 1,000 and 1,000 tokens. */
function usageOf(search: RoutingSearch, variant: PriceVariant | undefined): Partial<UsageInput> | undefined {
  const counts = USAGE.filter((name) => search[name] !== undefined).map((name) => [name, search[name]]);
  if (counts.length === 0 && variant === undefined) return undefined;
  const isCounted = counts.length > 0;
  return { ...(isCounted ? {} : { inputTokens: 1_000, outputTokens: 1_000 }), ...Object.fromEntries(counts), variant };
}

const numberOf = (value: string | undefined) => (value === undefined ? undefined : Number(value));
