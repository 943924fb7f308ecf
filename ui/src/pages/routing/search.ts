import type { Search } from "../../app/search";

export type RoutingSearch = Record<string, never>;

export function routingSearch(_search: Search): RoutingSearch {
  return {};
}
