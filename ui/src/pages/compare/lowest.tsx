// The lowest price of each component, over all bindings that can be called now, however many there are.
import { Text } from "@mantine/core";

import { FoldedList } from "../../components/FoldedList";
import { comparedUnit, shifted, unitAmount } from "../../components/numbers";
import { compareKinds, componentText, isBase, type Kind, kindKey, kindName, kindsOf, otherComponents } from "../../components/priceComponents";
import type { PriceMeter } from "../../gql/graphql";
import { cell, type Cell, marked, type Model, row, type Row } from "./rows";

export type OfferedPrice = Model["offeredPrices"][number];

export const PRICES_MAX = 700; // that the API answers of a model, the lowest of each kind first

const TITLES: Partial<Record<PriceMeter, string>> = {
  INPUT: "Lowest input price",
  OUTPUT: "Lowest output price",
  CACHE_READ: "Lowest price of cached input",
  CACHE_WRITE: "Lowest price of writing to the cache",
};
/** The meters of an ordinary call that each comparison has. */
export const USUAL: readonly PriceMeter[] = ["INPUT", "OUTPUT", "CACHE_READ", "CACHE_WRITE"];
const USUAL_KINDS = USUAL.map((meter): Kind => ({ meter, unit: "TOKENS_1K", variant: "STANDARD", aboveInputTokens: 0 }));

/** The lowest amounts of an ordinary call's tokens. */
export const usualRows = (models: readonly Model[]): Row[] => USUAL_KINDS.map((kind) => lowestRow(models, kind));

/** Those of tiers, variants, and other meters and units that any of the models has. */
export function otherRows(models: readonly Model[]): Row[] {
  const kinds = kindsOf(models.flatMap(({ offeredPrices }) => offeredPrices.filter(({ routable }) => routable)));
  return otherComponents(kinds, USUAL).map((kind) => lowestRow(models, kind));
}

function lowestRow(models: readonly Model[], kind: Kind): Row {
  const cells = models.map((model) => lowestCell(model, kind));
  return row((isBase(kind) && TITLES[kind.meter]) || titleOf(kind), marked(cells, "lowest"));
}

/** "Input batch above 200,000 input tokens", with the unit where it is no token. */
function titleOf(kind: Kind): string {
  const [unit] = comparedUnit(kind.unit);
  return kindName(kind).replace(/^./, (letter) => letter.toUpperCase()) + (kind.unit === "TOKENS_1K" ? "" : `, per ${unit}`);
}

function lowestCell({ offeredPrices }: Model, kind: Kind): Cell {
  const lowest = offeredPrices.find((each) => each.routable && kindKey(each) === kindKey(kind)); // the lowest comes first
  if (!lowest) return cell(null);
  const { amount, unit, providerName } = lowest;
  return {
    key: shifted(amount, 0),
    shown: <>{unitAmount(unit, amount)} <Text span size="xs" c="dimmed">at {providerName}, {whichBinding(lowest)}</Text></>,
  };
}

/** Which of a provider's bindings it is: a provider may serve a model under several names, such as one for batches, and in several regions. */
export const whichBinding = ({ providerModelId, region }: { providerModelId: string; region: string | null }): string =>
  [providerModelId, region].filter(Boolean).join(", ");

/** Of a provider the lowest price of each kind, or of one of its bindings each price. */
export function pricesOf({ offeredPrices }: Model, of: { providerSlug: string } | { id: string }): OfferedPrice[] {
  if ("id" in of) return offeredPrices.filter(({ bindingId }) => bindingId === of.id).toSorted(compareKinds);
  const own = offeredPrices.filter(({ routable, providerSlug }) => routable && providerSlug === of.providerSlug);
  const isFirst = (each: Kind, place: number) => own.findIndex((other) => kindKey(other) === kindKey(each)) === place;
  return own.filter(isFirst).toSorted(compareKinds);
}

/** Prices in a line, and those of tiers, variants and other meters as lines to unfold. */
export function Prices({ of }: { of: readonly OfferedPrice[] }) {
  const others = otherComponents(of, USUAL).map((each) => ({ key: kindKey(each), shown: componentText(each) }));
  const usual = of.filter((each) => isBase(each) && USUAL.includes(each.meter));
  return (
    <>
      <span>{usual.map(({ meter, unit, amount }) => `${SHORT[meter] ?? ""} ${unitAmount(unit, amount)}`).join(", ")}</span>
      <FoldedList title={`${others.length} other prices`} items={others} />
    </>
  );
}

const SHORT: Partial<Record<PriceMeter, string>> = { INPUT: "input", OUTPUT: "output", CACHE_READ: "cached", CACHE_WRITE: "cache write" };
