import { flag, isText, type Readers } from "../../app/search";

/** The models side by side, as names separated by commas, which no name contains; and which rows are shown. */
export type CompareSearch = { models?: string; different?: true; all?: true };

export const COMPARED_MAX = 6;

export const COMPARE: Readers<CompareSearch> = {
  models: (given) => {
    const names = namesOf(given.join(","));
    return { value: names.filter(isText).join(",") || undefined, left: names.filter((name) => !isText(name)) };
  },
  different: flag,
  all: flag,
};

/** The names in a parameter, each once, without regard to case; also those that are too many to be compared. */
export function namesOf(models: string | undefined): string[] {
  const names = (models ?? "").split(",").map((name) => name.trim()).filter((name) => name !== "");
  const isFirst = (name: string, index: number) =>
    names.findIndex((each) => each.toLowerCase() === name.toLowerCase()) === index;
  return names.filter(isFirst);
}
