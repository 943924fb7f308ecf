import type { Search } from "../../app/search";

export type PricesSearch = Record<string, never>;

export function pricesSearch(_search: Search): PricesSearch {
  return {};
}
