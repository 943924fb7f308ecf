import type { Search } from "../../app/search";

export type ModelsSearch = Record<string, never>;

export function modelsSearch(_search: Search): ModelsSearch {
  return {};
}
