// The fields of a form: what the registry has for them, what people type, and what of it is sent.
import { writeJson } from "../../../components/exactJson";
import { parseJson } from "../../../components/jsonText";
import { shifted } from "../../../components/numbers";
import type { Capability } from "../../../gql/graphql";

type Kind =
  | "line" | "text" // of one line, of several
  | "whole" | "number" | "decimal" | "digits" // Int, Float, Decimal, BigInt
  | "perMillion" // a Decimal per 1,000 tokens, typed per 1,000,000
  | "day" | "moment" // Date; DateTime, typed in UTC
  | "url" | "json"
  | "choice" | "suggested" // one of the options; a text for which there are proposals
  | "switch" | "capabilities" | "labels";

export type Option = { value: string; label: string };
export type Field = {
  /** The name of the field in the input and in the object. */
  name: string;
  label: string;
  description?: string;
  kind: Kind;
  options?: readonly (Option | string)[];
  /** The registry has no "unknown" for it. */
  isRequired?: boolean;
  placeholder?: string;
  /** A text must match, or this is what it must be. */
  pattern?: readonly [RegExp, string];
};
export type Section = { title: string; fields: readonly Field[] };

export type LabelRow = { key: string; value: string };
export type FormValue = string | boolean | readonly Capability[] | readonly LabelRow[] | null;
export type FormValues = Record<string, FormValue>;
/** An object of the registry, or the fields of one. */
export type Known = Readonly<Record<string, unknown>>;

/** What a form shows for a value of the registry: null, which is unknown, is an empty field. */
export function toForm({ kind }: Field, value: unknown): FormValue {
  if (kind === "switch") return value === true;
  if (kind === "capabilities") return Array.isArray(value) ? [...(value as Capability[])].sort() : null;
  if (kind === "labels") return ((value ?? []) as LabelRow[]).map(({ key, value }) => ({ key, value }));
  if (value === null || value === undefined) return "";
  if (kind === "json") return writeJson(value);
  if (kind === "moment") return new Date(String(value)).toISOString().slice(0, 19);
  return kind === "perMillion" ? shifted(String(value), 3) : String(value);
}

export function toFormValues(fields: readonly Field[], known: Known): FormValues {
  return Object.fromEntries(fields.map((field) => [field.name, toForm(field, known[field.name])]));
}

type Read = { value: unknown; problem?: undefined } | { problem: string };

/** What is sent for what was typed: an empty field is null, which is unknown; or why it cannot be sent. */
export function toInput(field: Field, typed: FormValue): Read {
  if (field.kind === "labels") return labels(typed as readonly LabelRow[]);
  if (typeof typed !== "string") return { value: typed };
  if (typed.trim() === "") return field.isRequired ? { problem: `${field.label} is needed.` } : { value: null };
  const [pattern, rule] = field.pattern ?? [/(?:)/, ""];
  if (!pattern.test(typed)) return { problem: rule };
  return (READERS[field.kind] ?? asTyped)(typed);
}

const INT_MAX = 2_147_483_647;
const AMOUNT_DECIMALS_MAX = 7; // per 1,000,000; the registry has ten per 1,000
const asTyped = (typed: string): Read => ({ value: typed });

const READERS: Partial<Record<Kind, (typed: string) => Read>> = {
  whole: (typed) =>
    /^-?\d+$/.test(typed.trim()) && Math.abs(Number(typed)) <= INT_MAX
      ? { value: Number(typed) }
      : { problem: `Give a whole number up to ${INT_MAX}, without separators.` },
  number: (typed) =>
    /^-?(\d+\.?\d*|\.\d+)$/.test(typed.trim()) ? { value: Number(typed) } : { problem: "Give a number such as 0.95." },
  decimal: (typed) => (isDecimal(typed) ? { value: typed.trim() } : { problem: "Give an amount such as 0.25." }),
  digits: (typed) => (/^\d+$/.test(typed.trim()) ? { value: typed.trim() } : { problem: "Give a whole number, without separators." }),
  perMillion,
  moment: (typed) => ({ value: inUtc(typed) }),
  url: (typed) => (URL.canParse(typed) ? { value: typed } : { problem: "Give a complete URL, such as https://example.com/v1." }),
  json: parseJson,
};

/** A DateTime for what an input of a date and a time gives, which leaves out seconds of zero. */
export const inUtc = (typed: string): string => new Date(`${typed}Z`).toISOString();

const isDecimal = (typed: string) => /^-?\d+(\.\d+)?$/.test(typed.trim());

/** An amount that was typed per 1,000,000 units, per 1,000 as the registry has it: exactly, by moving the point. */
export function perMillion(typed: string): Read {
  if (!isDecimal(typed)) return { problem: "Give an amount such as 2.5." };
  const value = shifted(typed.trim(), -3);
  const decimals = shifted(typed.trim(), 0).split(".")[1]?.length ?? 0;
  return decimals > AMOUNT_DECIMALS_MAX ? { problem: `An amount per 1M has at most ${AMOUNT_DECIMALS_MAX} decimals.` } : { value };
}

function labels(rows: readonly LabelRow[]): Read {
  const keys = rows.map(({ key }) => key);
  if (keys.some((key) => key.trim() === "")) return { problem: "Each label needs a key. Remove the rows that you do not need." };
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  return twice === undefined ? { value: rows } : { problem: `The key ${twice} is there twice.` };
}

/** Why the fields cannot be sent, by their names. What was not changed is not sent. */
export function problemsOf(fields: readonly Field[], base: Known, values: FormValues, isNew: boolean): Record<string, string> {
  const asked = fields.filter((field) => isNew || field.isRequired || isChanged(field, base, values));
  return Object.fromEntries(
    asked.flatMap((field) => {
      const { problem } = toInput(field, values[field.name] ?? null);
      return problem === undefined ? [] : [[field.name, problem]];
    }),
  );
}

/** Whether somebody typed something other than the registry had when the form was opened. */
export function isChanged(field: Field, base: Known, values: FormValues): boolean {
  const typed = values[field.name] ?? null;
  const before = toForm(field, base[field.name]);
  if (same(typed, before)) return false;
  const read = toInput(field, typed);
  return "problem" in read && read.problem !== undefined || !same((read as { value: unknown }).value, valueOf(field, before));
}

const valueOf = (field: Field, typed: FormValue) => (toInput(field, typed) as { value?: unknown }).value;
export const same = (one: unknown, other: unknown) => written(one) === written(other);
const written = (value: unknown) => (value === undefined ? "" : writeJson(value));

/** What is sent: of an object that exists the changed fields alone, of a new one all that are known. */
export function inputOf(fields: readonly Field[], base: Known, values: FormValues, isNew: boolean): Record<string, unknown> {
  const sent = fields.filter((field) => (isNew ? valueOf(field, values[field.name] ?? null) !== null : isChanged(field, base, values)));
  return Object.fromEntries(sent.map((field) => [field.name, valueOf(field, values[field.name] ?? null)]));
}
