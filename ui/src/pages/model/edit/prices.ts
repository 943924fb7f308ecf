// A price as a form: the four usual amounts by themselves, all other components as rows.
import { valuesOf } from "../../../app/enums";
import { comparedUnit, shifted } from "../../../components/numbers";
import { pathOf } from "../../../components/userErrors";
import type { PriceComponentInput, PriceInput, PriceMeter, PriceUnit, PriceVariant } from "../../../gql/graphql";
import type { Binding } from "../model";
import { inUtc, perMillion } from "./fields";
import type { WriteError } from "./useWrite";

export const METERS = valuesOf<PriceMeter>({
  INPUT: true, OUTPUT: true, CACHE_READ: true, CACHE_WRITE: true, CACHE_WRITE_1H: true, REASONING: true, AUDIO_INPUT: true,
  AUDIO_OUTPUT: true, AUDIO_CACHE_READ: true, IMAGE_INPUT: true, IMAGE_OUTPUT: true, VIDEO_INPUT: true, VIDEO_OUTPUT: true,
  REQUEST: true, WEB_SEARCH: true, TRAINING: true,
});
export const PRICE_UNITS = valuesOf<PriceUnit>({
  TOKENS_1K: true, CHARACTERS_1K: true, IMAGE: true, SECOND: true, PAGE: true, QUERY: true, REQUEST: true,
});
export const VARIANTS = valuesOf<PriceVariant>({ STANDARD: true, BATCH: true, FLEX: true, PRIORITY: true, FAST: true });

export const USUAL = ["inputPer1k", "outputPer1k", "cacheReadPer1k", "cacheWritePer1k"] as const;
export type Usual = (typeof USUAL)[number];
const METER_OF: Record<Usual, PriceMeter> = {
  inputPer1k: "INPUT", outputPer1k: "OUTPUT", cacheReadPer1k: "CACHE_READ", cacheWritePer1k: "CACHE_WRITE",
};

export type Row = { meter: PriceMeter; variant: PriceVariant; above: string; unit: PriceUnit; amount: string };
export type PriceValues = Record<Usual, string> & { rows: Row[]; effectiveFrom: string; source: string };
export const NEW_ROW: Row = { meter: "INPUT", variant: "BATCH", above: "0", unit: "TOKENS_1K", amount: "" };

const isUsual = ({ meter, variant, aboveInputTokens, unit }: Omit<PriceComponentInput, "amount">) =>
  variant === "STANDARD" && aboveInputTokens === 0 && unit === "TOKENS_1K" && Object.values(METER_OF).includes(meter);

/** The price that a binding has, as a start for its next one. */
export function priceValues({ price }: Binding): PriceValues {
  const usual = USUAL.map((name) => [name, price?.[name] == null ? "" : shifted(price[name], 3)] as const);
  const rows = (price?.components ?? []).filter((each) => !isUsual(each)).map(({ meter, variant, aboveInputTokens, unit, amount }) => ({
    meter, variant, unit, above: String(aboveInputTokens), amount: shifted(amount, comparedUnit(unit)[1]),
  }));
  return { ...(Object.fromEntries(usual) as Record<Usual, string>), rows, effectiveFrom: "", source: "" };
}

const DECIMALS_MAX = 10;

/** An amount as the registry has it, for one that was typed for the unit that people compare. */
function amountOf(typed: string, unit: PriceUnit): { value: string; problem?: undefined } | { problem: string } {
  if (comparedUnit(unit)[1] === 3) return perMillion(typed) as { value: string };
  if (!/^\d+(\.\d+)?$/.test(typed.trim())) return { problem: "Give an amount such as 0.04." };
  const decimals = typed.trim().split(".")[1]?.length ?? 0;
  return decimals > DECIMALS_MAX ? { problem: `An amount has at most ${DECIMALS_MAX} decimals.` } : { value: typed.trim() };
}

/** What is wrong with what was typed, by the paths of the form. */
export function priceProblems(values: PriceValues): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of USUAL) {
    const problem = values[name].trim() === "" ? undefined : perMillion(values[name]).problem;
    if (problem !== undefined) found[name] = problem;
  }
  values.rows.forEach(({ amount, unit, above }, index) => {
    const problem = amountOf(amount, unit).problem;
    if (problem !== undefined) found[`rows.${index}.amount`] = problem;
    if (!/^\d+$/.test(above.trim())) found[`rows.${index}.above`] = "Give a whole number; 0 is the base.";
  });
  if (values.rows.length === 0 && USUAL.every((name) => values[name].trim() === "")) found.inputPer1k = "Give at least one amount; 0 is free.";
  return found;
}

const valueOf = (typed: string, unit: PriceUnit) => (amountOf(typed, unit) as { value: string }).value;
const given = ({ rows, effectiveFrom, source, ...usual }: PriceValues) => USUAL.filter((name) => usual[name].trim() !== "");

/** What is sent: the usual amounts by themselves, or with other components the whole price as its components. */
export function priceInput(values: PriceValues): PriceInput {
  const usual = given(values).map((name) => [name, valueOf(values[name], "TOKENS_1K")] as const);
  const rows: PriceComponentInput[] = values.rows.map(({ meter, variant, above, unit, amount }) => ({
    meter, variant, unit, aboveInputTokens: Number(above), amount: valueOf(amount, unit),
  }));
  const first: PriceComponentInput[] = usual.map(([name, amount]) => ({
    meter: METER_OF[name], variant: "STANDARD", unit: "TOKENS_1K", aboveInputTokens: 0, amount,
  }));
  const { effectiveFrom, source } = values;
  return {
    ...(rows.length > 0 ? { components: [...first, ...rows] } : Object.fromEntries(usual)),
    effectiveFrom: effectiveFrom ? inUtc(effectiveFrom) : null,
    source: source.trim() === "" ? null : source,
  };
}

const IN_ROW: Record<string, string> = { aboveInputTokens: "above" };

/** The errors of an answer at the fields of the form, whose rows follow the usual amounts in what was sent. */
export function atPriceFields(errors: readonly WriteError[], values: PriceValues): WriteError[] {
  const usual = given(values);
  return errors.map((error) => {
    const [, part = "", index = "", field = "amount"] = pathOf(error).split(".");
    const place = Number(index) - usual.length;
    if (part !== "components" || index === "") return { ...error, path: part ? [part] : null };
    return { ...error, path: place < 0 ? [usual[Number(index)] ?? part] : ["rows", String(place), IN_ROW[field] ?? field] };
  });
}
