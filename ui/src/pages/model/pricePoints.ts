import type { Point } from "../../components/StepChart";
import { shifted } from "../../components/numbers";
import type { PricedBinding } from "./PricesTab";

export type Meter = "inputPer1k" | "outputPer1k";

const DAY_MS = 86_400_000;

/**
 * One point for each moment at which a price begins or ends, with the dollars per 1M tokens of each binding from then on.
 *
 * A price without a known beginning is drawn from a month before the first known one. The chart rounds to what a
 * float holds; the table beside it has the exact amounts.
 */
export function pricePoints(bindings: readonly PricedBinding[], meter: Meter, now = Date.now()): Point[] {
  const times = bindings.flatMap(({ prices }) =>
    prices.nodes.flatMap(({ effectiveFrom, effectiveTo }) => [effectiveFrom, effectiveTo].flatMap((at) => (at ? [Date.parse(at)] : []))),
  );
  const first = Math.min(now, ...times) - 30 * DAY_MS;
  const moments = [...new Set([first, ...times, now])].sort((a, b) => a - b);
  return moments.map((at) => {
    const values = bindings.map((binding) => [binding.id, valueAt(binding, meter, at)] as const);
    return { at, ...Object.fromEntries(values) } as Point;
  });
}

function valueAt({ prices }: PricedBinding, meter: Meter, at: number): number | null {
  const current = prices.nodes.find(
    ({ effectiveFrom, effectiveTo }) => (!effectiveFrom || Date.parse(effectiveFrom) <= at) && (!effectiveTo || at < Date.parse(effectiveTo)),
  );
  const amount = current?.[meter] ?? null;
  return amount === null ? null : Number(shifted(amount, 3));
}
