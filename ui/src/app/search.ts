// Reads the parameters of a page's address. A value that cannot be read is left out, so that a wrong link still opens
// the page; `leftOut` tells it, and app/LeftOut.tsx says it on the page.

/** The parameters of an address. */
export type Search = Record<string, unknown>;

/** What a parameter says, which of its texts say nothing to the page, and how many more values it has than the API takes. */
export type Read<Value> = { value: Value | undefined; left: readonly string[]; beyond?: number };

/** Reads the texts of one parameter: none where it is absent, several where it is given more than once. */
export type Reader<Value> = (given: readonly string[]) => Read<Value>;

/** How each parameter of a page is read; its address has no others. */
export type Readers<Typed> = { readonly [Name in keyof Required<Typed>]: Reader<NonNullable<Typed[Name]>> };

/** A parameter that is given once. `valueOf` returns undefined for a text that is no value. */
export function one<Value>(valueOf: (text: string) => Value | undefined): Reader<Value> {
  return (given) => {
    const value = given.length === 1 ? valueOf(given[0] as string) : undefined;
    return { value, left: value === undefined ? given : [] };
  };
}

// What the API takes, whatever the field: other values it can only refuse.
export const INTEGER_MAX = 2_147_483_647;
export const TEXT_LENGTH_MAX = 1_024; // of a text in a query
export const LIST_MAX = 100; // values of a list, by the setting's default
const DECIMAL_LENGTH_MAX = 50; // its limit is more, but the pages shift the point of amounts

/** Whether the API can look for the text: it is not too long, and has no NUL, which the database cannot hold. */
export const isText = (given: string): boolean => given.length <= TEXT_LENGTH_MAX && !given.includes("\0");

/** A text that is not empty. */
export const text: Reader<string> = one((given) => (isText(given) ? given : undefined));

/** One of these values. */
export function oneOf<Value extends string>(values: readonly Value[]): Reader<Value> {
  return one((given) => values.find((each) => each === given));
}

/** Those texts that are values, as many as the API takes; undefined when none is. */
function some<Value extends string>(isValue: (given: string) => given is Value): Reader<Value[]> {
  return (given) => {
    const values = given.filter(isValue);
    const value = values.length > 0 ? values.slice(0, LIST_MAX) : undefined;
    return { value, left: given.filter((each) => !isValue(each)), beyond: Math.max(0, values.length - LIST_MAX) };
  };
}

/** Texts; undefined when there are none. */
export const texts: Reader<string[]> = some((given): given is string => isText(given));

/** Those texts that are among these values; undefined when none is. */
export function someOf<Value extends string>(values: readonly Value[]): Reader<Value[]> {
  return some((given): given is Value => values.includes(given as Value));
}

const whole = (pattern: RegExp) =>
  one((given) => (pattern.test(given) && isInteger(Number(given)) ? Number(given) : undefined));

/** Whether the API has a whole number: it is of 32 bits. */
const isInteger = (number: number) => -INTEGER_MAX - 1 <= number && number <= INTEGER_MAX;

/** A whole number of at least zero. */
export const integer: Reader<number> = whole(/^\d+$/);

/** A whole number that may be below zero. */
export const signedInteger: Reader<number> = whole(/^-?\d+$/);

/** One of these whole numbers. */
export function integerOf<Value extends number>(values: readonly Value[]): Reader<Value> {
  return one((given) => values.find((each) => String(each) === given));
}

/** A decimal number as text, without rounding. */
export const decimal: Reader<string> = one((given) => (isDecimal(given) ? given : undefined));

export const isDecimal = (given: string): boolean => given.length <= DECIMAL_LENGTH_MAX && /^\d+(\.\d+)?$/.test(given);

/** A day such as 2026-11-28. The API has no year 0. */
export const day: Reader<string> = one((given) => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(given) || given.startsWith("0000")) return undefined;
  // Date takes February 31 for March 3.
  const time = Date.parse(`${given}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(given) ? given : undefined;
});

/** True, or undefined: a switch that is off is not in the address, but "false" can be read. */
export const flag: Reader<true> = (given) => {
  const isRead = given.length === 0 || (given.length === 1 && ["true", "false"].includes(given[0] as string));
  return { value: given.length === 1 && given[0] === "true" ? true : undefined, left: isRead ? [] : given };
};

/** The texts of a parameter, also of one that a link of the page gives as a typed value; an empty text is none. */
function given(value: unknown): string[] {
  return [value].flat().filter((each) => each !== undefined && each !== null && each !== "").map(String);
}

/** Reads the parameters of a page's address. */
export function searchOf<Typed>(readers: Readers<Typed>): (search: Search) => Typed {
  const names = Object.keys(readers) as (keyof Typed & string)[];
  return (search) => Object.fromEntries(names.map((name) => [name, readers[name](given(search[name])).value])) as Typed;
}

/** What an address has that its page cannot read, such as "status=NONSENSE": unknown parameters and wrong values. */
export function leftOut(readers: Readers<Search>, search: Search): string[] {
  return Object.entries(search).flatMap(([name, value]) => {
    const texts = given(value);
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    return (reader ? reader(texts).left : texts).map((each) => `${name}=${each}`);
  });
}

/** Of which lists of an address its page reads the first values alone, and how many are left out of each. */
export function cutLists(readers: Readers<Search>, search: Search): { name: string; beyond: number }[] {
  return Object.keys(readers).flatMap((name) => {
    const { beyond = 0 } = readers[name]?.(given(Object.hasOwn(search, name) ? search[name] : undefined)) ?? {};
    return beyond > 0 ? [{ name, beyond }] : [];
  });
}

/** The parameters of an address, as texts: "1.0" stays "1.0". One that is given more than once is a list. */
export function parseSearch(search: string): Search {
  const found = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(search)) {
    const before = found.get(name);
    found.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(found);
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
