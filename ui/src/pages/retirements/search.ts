import type { Search } from "../../app/search";

export type RetirementsSearch = Record<string, never>;

export function retirementsSearch(_search: Search): RetirementsSearch {
  return {};
}
