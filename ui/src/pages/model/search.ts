import type { Search } from "../../app/search";

export type ModelSearch = Record<string, never>;

export function modelSearch(_search: Search): ModelSearch {
  return {};
}
