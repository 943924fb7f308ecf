import { TASKS, valuesOf, VERSION_STATUSES } from "../../app/enums";
import { decimal, flag, integer, oneOf, type Search, someOf, text, texts } from "../../app/search";
import { CAPABILITIES } from "../../components/capabilityNames";
import type { Capability, ModelOrderField, TaskType, VersionStatus } from "../../gql/graphql";

export const ORDERS = valuesOf<ModelOrderField>({
  NAME: true, INPUT_PER_1K: true, OUTPUT_PER_1K: true, CONTEXT_WINDOW: true, RELEASED_ON: true, UPDATED_AT: true,
  CREATED_AT: true,
});

/** The filters and the order of the list, as the address has them. Prices are dollars per 1,000,000 tokens. */
export type ModelsSearch = {
  q?: string;
  tasks?: TaskType[];
  providers?: string[];
  capabilities?: Capability[];
  regions?: string[];
  statuses?: VersionStatus[];
  inputFrom?: string;
  inputTo?: string;
  outputFrom?: string;
  outputTo?: string;
  contextFrom?: number;
  contextTo?: number;
  order?: ModelOrderField;
  descending?: true;
};

export function modelsSearch(search: Search): ModelsSearch {
  return {
    q: text(search.q),
    tasks: someOf(search.tasks, TASKS),
    providers: texts(search.providers),
    capabilities: someOf(search.capabilities, CAPABILITIES),
    regions: texts(search.regions),
    statuses: someOf(search.statuses, VERSION_STATUSES),
    inputFrom: decimal(search.inputFrom),
    inputTo: decimal(search.inputTo),
    outputFrom: decimal(search.outputFrom),
    outputTo: decimal(search.outputTo),
    contextFrom: integer(search.contextFrom),
    contextTo: integer(search.contextTo),
    order: oneOf(search.order, ORDERS),
    descending: flag(search.descending),
  };
}

/** How many filters an address has, without the order. */
export function filterCount({ order, descending, ...filters }: ModelsSearch): number {
  return Object.values(filters).filter((value) => value !== undefined).length;
}

export const NO_FILTERS: ModelsSearch = {
  q: undefined, tasks: undefined, providers: undefined, capabilities: undefined, regions: undefined, statuses: undefined,
  inputFrom: undefined, inputTo: undefined, outputFrom: undefined, outputTo: undefined, contextFrom: undefined,
  contextTo: undefined,
};
