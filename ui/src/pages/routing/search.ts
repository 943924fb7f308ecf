import { valuesOf } from "../../app/enums";
import {
  decimal, flag, integer, isText, one, oneOf, type Reader, type Readers, signedInteger, someOf, text, texts,
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

const counts = Object.fromEntries(USAGE.map((name) => [name, integer])) as Record<UsageCount, Reader<number>>;

export const ROUTING: Readers<RoutingSearch> = {
  ...counts,
  model: text,
  select: one((given) => selectorOf(given) && given),
  strategy: oneOf(STRATEGIES),
  region: text,
  requireRegion: flag,
  providers: texts,
  excludeBindings: texts,
  capabilities: someOf(CAPABILITIES),
  minContextWindow: integer,
  variant: oneOf(VARIANTS),
  maxCostPer1k: decimal,
  maxExpectedCost: decimal,
  maxLatencyMs: decimal,
  minSuccessRate: decimal,
  minEvalScore: decimal,
  seed: signedInteger,
  stickyKey: text,
  limit: integer,
};

const HASH = /^[0-9a-f]{64}$/;
// A semantic version 2.0.0, as domain/semver.py has it.
const VERSION = /^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-(0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*)?(\+[\dA-Za-z-]+(\.[\dA-Za-z-]+)*)?$/;
const isVersion = (value: string) => value.length <= 128 && VERSION.test(value);

/** The selector of the API, or undefined for none and for one that cannot be read. */
export function selectorOf(select: string | undefined): VersionSelector | undefined {
  if (select === "latest") return { latest: true };
  const [, kind, value = ""] = /^(alias|version|number|contentHash):(.+)$/.exec(select ?? "") ?? [];
  if (!isText(value)) return undefined;
  if (kind === "alias") return { alias: value };
  if (kind === "version") return isVersion(value) ? { version: value } : undefined;
  if (kind === "contentHash") return HASH.test(value) ? { contentHash: value } : undefined;
  const number = kind === "number" ? integer([value]).value : undefined;
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
