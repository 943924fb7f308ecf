import { comparedAmount, type Component, type Kind, kindKey } from "../../components/priceComponents";
import type { Point } from "../../components/StepChart";
import type { ModelPricesQuery, PriceMeter } from "../../gql/graphql";

export type PricedBinding = NonNullable<ModelPricesQuery["model"]>["bindings"]["nodes"][number];
export type Price = PricedBinding["prices"]["nodes"][number];
export type ComponentsOf = (price: Price) => readonly Component[];

const DAY_MS = 86_400_000;

/** The components that the amounts per 1,000 tokens repeat: what is known of a price before its components are. */
export function baseComponents({ inputPer1k, outputPer1k, cacheReadPer1k, cacheWritePer1k }: Price): Component[] {
  const amounts: [PriceMeter, string | null][] = [
    ["INPUT", inputPer1k], ["OUTPUT", outputPer1k], ["CACHE_READ", cacheReadPer1k], ["CACHE_WRITE", cacheWritePer1k],
  ];
  return amounts.flatMap(([meter, amount]) =>
    amount === null ? [] : [{ meter, amount, unit: "TOKENS_1K", variant: "STANDARD", aboveInputTokens: 0 } satisfies Component]);
}

/**
 * One point for each moment at which a price begins or ends, with the dollars of each binding from then on.
 *
 * A price without a known beginning is drawn from a month before the first known one. The chart rounds to what a
 * float holds; the table beside it has the exact amounts.
 */
export function pricePoints(bindings: readonly PricedBinding[], kind: Kind, componentsOf: ComponentsOf, now = Date.now()): Point[] {
  const times = bindings.flatMap(({ prices }) =>
    prices.nodes.flatMap(({ effectiveFrom, effectiveTo }) => [effectiveFrom, effectiveTo].flatMap((at) => (at ? [Date.parse(at)] : []))),
  );
  const first = Math.min(now, ...times) - 30 * DAY_MS;
  const moments = [...new Set([first, ...times, now])].sort((a, b) => a - b);
  const key = kindKey(kind);
  return moments.map((at) => {
    const values = bindings.map((binding) => [binding.id, valueAt(binding, key, componentsOf, at)] as const);
    return { at, ...Object.fromEntries(values) } as Point;
  });
}

function valueAt({ prices }: PricedBinding, key: string, componentsOf: ComponentsOf, at: number): number | null {
  const current = prices.nodes.find(
    ({ effectiveFrom, effectiveTo }) => (!effectiveFrom || Date.parse(effectiveFrom) <= at) && (!effectiveTo || at < Date.parse(effectiveTo)),
  );
  const component = current && componentsOf(current).find((each) => kindKey(each) === key);
  return component ? comparedAmount(component) : null;
}
