// Reads the parameters of a page's address. What is not valid is left out, so that a wrong link still opens the page.

export type Search = Record<string, unknown>;

/** A text that is not empty, or undefined. A number in an address (?name=7) is a text here. */
export function text(value: unknown): string | undefined {
  const given = typeof value === "number" ? String(value) : value;
  return typeof given === "string" && given !== "" ? given : undefined;
}

/** One of these values, or undefined. */
export function oneOf<Value extends string>(value: unknown, values: readonly Value[]): Value | undefined {
  return values.find((each) => each === value);
}

/** Texts, from a list or one text; undefined when there are none. */
export function texts(value: unknown): string[] | undefined {
  const given = Array.isArray(value) ? value : [value];
  const found = given.map(text).filter((each) => each !== undefined);
  return found.length > 0 ? found : undefined;
}

/** Those of a list that are among these values; undefined when there are none. */
export function someOf<Value extends string>(value: unknown, values: readonly Value[]): Value[] | undefined {
  const found = (texts(value) ?? []).filter((each): each is Value => values.includes(each as Value));
  return found.length > 0 ? found : undefined;
}

/** A whole number of at least zero, or undefined. */
export function integer(value: unknown): number | undefined {
  const number = signedInteger(value);
  return number !== undefined && number >= 0 ? number : undefined;
}

/** A decimal number as text, without rounding; undefined when it is none. */
export function decimal(value: unknown): string | undefined {
  const given = text(value);
  return given !== undefined && /^\d+(\.\d+)?$/.test(given) ? given : undefined;
}

/** A whole number that may be below zero, or undefined. */
export function signedInteger(value: unknown): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

/** A day such as 2026-11-28, or undefined. */
export function day(value: unknown): string | undefined {
  const given = text(value);
  return given !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(given) && !Number.isNaN(Date.parse(given)) ? given : undefined;
}

/** True, or undefined: a switch that is off is not in the address. */
export function flag(value: unknown): true | undefined {
  return value === true || value === "true" ? true : undefined;
}
