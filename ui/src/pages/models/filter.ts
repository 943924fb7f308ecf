import type { ModelFilter, ModelOrder } from "../../gql/graphql";
import type { ModelsSearch } from "./search";

/** The filter of the API that the parameters of the address stand for. */
export function filterOf(search: ModelsSearch): ModelFilter {
  return {
    nameContains: search.q,
    tasks: search.tasks,
    providers: search.providers,
    capabilities: search.capabilities,
  };
}

export function orderOf({ order = "NAME", descending }: ModelsSearch): ModelOrder {
  return { field: order, direction: descending ? "DESC" : "ASC" };
}
