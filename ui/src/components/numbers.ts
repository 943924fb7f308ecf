import type { PriceUnit } from "../gql/graphql";

// Amounts are exact decimal numbers, sent as text: they are shown without going through a float.

/** `amount` times a power of ten, exactly, without zeros at its end. */
export function shifted(amount: string, places: number): string {
  const [, sign = "", whole = "0", fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount) ?? [];
  const zeros = "0".repeat(Math.max(0, -places)); // before the number, for a negative power
  const digits = zeros + whole + fraction.padEnd(places, "0");
  const point = zeros.length + whole.length + places;
  const left = digits.slice(0, point).replace(/^0+(?=\d)/, "");
  const right = digits.slice(point).replace(/0+$/, "");
  return `${sign}${left}${right && `.${right}`}`;
}

/** An exact amount of dollars, times a power of ten, with its thousands apart: "$140,000,000". */
export function dollars(amount: string, places = 0): string {
  const [whole = "", fraction] = shifted(amount, places).split(".");
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${fraction === undefined ? "" : `.${fraction}`}`;
}

const rounded = new Intl.NumberFormat("en", { maximumSignificantDigits: 15 });

/** Dollars of a chart, to the digits that a float has; show the exact ones beside it. */
export const chartDollars = (value: number): string => `$${rounded.format(value)}`;

/** Dollars per 1,000 units, as the registry has them, per 1,000,000, as people compare them: "$2.5". */
export function perMillion(amount: string): string {
  return dollars(amount, 3);
}

// What a price is for, as people compare prices; with how many places the amount is shifted for it.
const UNITS: Record<PriceUnit, readonly [string, number]> = {
  TOKENS_1K: ["1M tokens", 3],
  CHARACTERS_1K: ["1M characters", 3],
  IMAGE: ["image", 0],
  SECOND: ["second", 0],
  PAGE: ["page", 0],
  QUERY: ["query", 0],
  REQUEST: ["call", 0],
};

/** What a price of a unit is for, and with how many places its amount is shifted for it. */
export const comparedUnit = (unit: PriceUnit): readonly [string, number] => UNITS[unit];

/** What a price of a unit is, for what people compare: "$2.5" for 1M tokens. */
export const unitAmount = (unit: PriceUnit, amount: string): string => dollars(amount, UNITS[unit][1]);

/** A component of a price: "$2.5 per 1M tokens". */
export const unitPrice = (unit: PriceUnit, amount: string): string => `${unitAmount(unit, amount)} per ${UNITS[unit][0]}`;

const counts = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 2 });

export const count = (value: number): string => counts.format(value);
/** A rounded number of tokens, such as "128K"; show the exact one beside it or in a tooltip. */
export const tokens = (value: number): string => compact.format(value);

/** A ratio from 0 to 1, rounded; but 0% and 100% are said of nothing else: "<0.01%", ">99.99%". */
export function percent(ratio: number): string {
  const rounded = percents.format(ratio);
  if (/^-?0%$/.test(rounded) && ratio !== 0) return ratio > 0 ? "<0.01%" : ">-0.01%";
  if (rounded === "100%" && ratio !== 1) return ratio < 1 ? ">99.99%" : ">100%";
  if (rounded === "-100%" && ratio !== -1) return ratio > -1 ? ">-99.99%" : "<-100%";
  return rounded;
}

/** The share by which a value has changed, in words that do not need the color: "▲ +25%", "▼ -25%". */
export function changeBy(share: number): string {
  if (share === 0) return percent(0);
  const text = percent(share);
  return share > 0 ? `▲ ${/^\d/.test(text) ? "+" : ""}${text}` : `▼ ${text}`;
}

/** The share of calls that succeeded. Those that a limit refused say nothing about success; null when no other was made. */
export const successShare = (succeeded: number, failed: number): number | null =>
  succeeded + failed > 0 ? succeeded / (succeeded + failed) : null;

export const milliseconds = (value: number): string => `${counts.format(Math.round(value))} ms`;

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** A rounded size, such as "1.2 MB"; show the exact one beside it or in a tooltip. */
export function bytes(size: number): string {
  const step = Math.min(SIZES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, size)) / 3)));
  const format = { style: "unit", unit: SIZES[step], unitDisplay: step === 0 ? "long" : "short", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat("en", format).format(size / 1_000 ** step);
}
