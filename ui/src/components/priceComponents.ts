// The components of a price: what they are called, in which order they stand, and what differs between two prices.
import type { ComponentPartsFragment, PriceMeter } from "../gql/graphql";
import { comparedUnit, count, shifted, unitPrice } from "./numbers";
import { words } from "./words";

export type Component = ComponentPartsFragment;
/** Whether JSON is the components of a price: at least one. */
export const isComponents = (value: unknown): value is Component[] =>
  Array.isArray(value) && value.length > 0 && value.every((each: Partial<Component> | null) => typeof each?.meter === "string" && typeof each.amount === "string");

/** What a component is a price of, without its amount. */
export type Kind = Omit<Component, "amount">;

/** A column of a table has the amount per 1M tokens of an ordinary call, from the first token on. */
export const isBase = ({ unit, variant, aboveInputTokens }: Kind): boolean =>
  unit === "TOKENS_1K" && variant === "STANDARD" && aboveInputTokens === 0;

/** The components that no column of its own shows. */
export function otherComponents<Each extends Kind>(components: readonly Each[], shown: readonly PriceMeter[]): Each[] {
  return components.filter((each) => !(shown.includes(each.meter) && isBase(each)));
}

export const kindKey = ({ meter, unit, variant, aboveInputTokens }: Kind): string => [meter, unit, variant, aboveInputTokens].join(".");

/** "input batch above 200,000 input tokens". */
export function kindName({ meter, variant, aboveInputTokens }: Kind): string {
  const way = variant === "STANDARD" ? "" : ` ${words(variant)}`;
  const tier = aboveInputTokens > 0 ? ` above ${count(aboveInputTokens)} input tokens` : "";
  return words(meter) + way + tier;
}

/** "input batch above 200,000 input tokens: $2.5 per 1M tokens". */
export const componentText = (component: Component): string => `${kindName(component)}: ${unitPrice(component.unit, component.amount)}`;

// Those that most people compare come first, then others by name.
const FIRST: readonly PriceMeter[] = ["INPUT", "OUTPUT", "CACHE_READ", "CACHE_WRITE", "CACHE_WRITE_1H", "REASONING"];

const places = ({ meter, unit, variant, aboveInputTokens }: Kind): (number | string)[] => {
  const place = FIRST.indexOf(meter);
  return [place === -1 ? FIRST.length : place, meter, unit === "TOKENS_1K" ? 0 : 1, unit, variant === "STANDARD" ? 0 : 1, variant, aboveInputTokens];
};

/** The order in which kinds of components stand everywhere. */
export function compareKinds(a: Kind, b: Kind): number {
  const [one, other] = [places(a), places(b)];
  const index = one.findIndex((place, at) => place !== other[at]);
  if (index === -1) return 0;
  return (one[index] as number) < (other[index] as number) ? -1 : 1;
}

/** Each kind once, in its order. */
export function kindsOf(components: Iterable<Kind>): Kind[] {
  const found = new Map<string, Kind>();
  for (const each of components) if (!found.has(kindKey(each))) found.set(kindKey(each), each);
  return [...found.values()].sort(compareKinds);
}

/** The amount of a component as a number for a chart, which rounds it: dollars for what people compare, such as 1M tokens. */
export const comparedAmount = ({ unit, amount }: Component): number => Number(shifted(amount, comparedUnit(unit)[1]));

/** A component whose amount differs between two prices; null where there is none. */
export type KindChange = { kind: Kind; before: string | null; after: string | null };

/** What differs between two prices. The amounts are exact texts without needless zeros, so equal ones are equal texts. */
export function kindChanges(before: readonly Component[], after: readonly Component[]): KindChange[] {
  const [old, now] = [before, after].map((components) => new Map(components.map((each) => [kindKey(each), shifted(each.amount, 0)])));
  const all = kindsOf([...before, ...after]).map((kind) => ({ kind, before: old?.get(kindKey(kind)) ?? null, after: now?.get(kindKey(kind)) ?? null }));
  return all.filter(({ before, after }) => before !== after);
}

/** The change as a share of the amount before; null where there is none. */
export function shareOf({ before, after }: KindChange): number | null {
  if (before === null || after === null || Number(before) === 0) return null;
  return Number(after) / Number(before) - 1;
}
