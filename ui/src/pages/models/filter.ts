import { shifted } from "../../components/numbers";
import type { DecimalRange, IntRange, ModelFilter, ModelOrder } from "../../gql/graphql";
import type { ModelsSearch } from "./search";

/** The filter of the API that the parameters of the address stand for, with only what they say. */
export function filterOf(search: ModelsSearch): ModelFilter {
  const { q, tasks, providers, capabilities, regions, statuses } = search;
  const filter: ModelFilter = {
    ...{ tasks, providers, capabilities, regions },
    nameContains: q,
    versionStatuses: statuses,
    inputPer1k: amounts(search.inputFrom, search.inputTo),
    outputPer1k: amounts(search.outputFrom, search.outputTo),
    contextWindow: range(search.contextFrom, search.contextTo),
  };
  return JSON.parse(JSON.stringify(filter)) as ModelFilter; // without what is undefined
}

export function orderOf({ order = "NAME", descending }: ModelsSearch): ModelOrder {
  return { field: order, direction: descending ? "DESC" : "ASC" };
}

/** Per 1,000 tokens, as the API has amounts; people give them per 1,000,000. */
function amounts(from: string | undefined, to: string | undefined): DecimalRange | undefined {
  if (from === undefined && to === undefined) return undefined;
  return { gte: from && shifted(from, -3), lte: to && shifted(to, -3) };
}

function range(gte: number | undefined, lte: number | undefined): IntRange | undefined {
  return gte === undefined && lte === undefined ? undefined : { gte, lte };
}
