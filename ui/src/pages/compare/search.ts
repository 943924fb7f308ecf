import type { Search } from "../../app/search";

export type CompareSearch = Record<string, never>;

export function compareSearch(_search: Search): CompareSearch {
  return {};
}
