import type { Search } from "../../app/search";

export type RetentionSearch = Record<string, never>;

export function retentionSearch(_search: Search): RetentionSearch {
  return {};
}
