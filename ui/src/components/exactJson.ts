// JSON of the API without rounding: whole numbers beyond 53 bits are bigint here.

const LARGE = /[:[,]\s*-?\d{16}/;

/** An answer of the API. Whole numbers that a float would round are bigint; few answers have any. */
export function readJson(text: string): unknown {
  type Context = { source?: string }; // of newer browsers; TypeScript does not know it yet
  const read = (_: string, value: unknown, context?: Context) =>
    typeof value === "number" && context?.source ? exactNumber(context.source) : value;
  return JSON.parse(text, LARGE.test(text) ? read : undefined) as unknown;
}

/** A value as the API reads it. */
export function sentJson(value: unknown): string {
  return JSON.stringify(value, withRawNumbers);
}

/** A value as people read and edit it. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value, withRawNumbers, 2);
}

type JsonWithRaw = { rawJSON?: (text: string) => unknown };

function withRawNumbers(_: string, value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const { rawJSON } = JSON as JsonWithRaw;
  if (!rawJSON) throw new Error("This browser cannot write whole numbers beyond 53 bits. Use a newer one.");
  return rawJSON(value.toString());
}

/** A number as the text has it: a bigint where a float would round a whole number. */
export function exactNumber(source: string): number | bigint {
  const value = Number(source);
  return /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? BigInt(source) : value;
}
