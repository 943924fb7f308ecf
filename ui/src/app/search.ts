// Reads the parameters of a page's address. What is not valid is left out, so that a wrong link still opens the page.

export type Search = Record<string, unknown>;

/** A text that is not empty, or undefined. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
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
  if (given === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(given)) return undefined;
  // Date takes February 31 for March 3.
  const time = Date.parse(`${given}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(given) ? given : undefined;
}

/** True, or undefined: a switch that is off is not in the address. */
export function flag(value: unknown): true | undefined {
  return value === true || value === "true" ? true : undefined;
}

/** The parameters of an address, as texts: "1.0" stays "1.0". One that is given more than once is a list. */
export function parseSearch(search: string): Search {
  const found: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    const before = found[name];
    found[name] = before === undefined ? value : [before, value].flat();
  }
  return found;
}

/** The address of parameters, as `parseSearch` reads it; what is undefined is left out. */
export function stringifySearch(search: Search): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const each of [value].flat()) if (each !== undefined && each !== null) parameters.append(name, String(each));
  }
  const text = parameters.toString();
  return text && `?${text}`;
}
