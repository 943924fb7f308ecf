import { TASKS, valuesOf, VERSION_STATUSES } from "../../app/enums";
import { decimal, flag, integer, isText, one, oneOf, type Readers, someOf, TEXT_LENGTH_MAX, texts } from "../../app/search";
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

const WORDS_MAX = 8; // of a search, as the API allows

/** Why a text cannot be searched for; undefined when it can. */
export function searchProblem(text: string): string | undefined {
  if (!isText(text)) return `Give at most ${TEXT_LENGTH_MAX} letters.`;
  return text.trim().split(/\s+/).length > WORDS_MAX ? `Give at most ${WORDS_MAX} words.` : undefined;
}

export const MODELS: Readers<ModelsSearch> = {
  q: one((given) => (searchProblem(given) ? undefined : given)),
  tasks: someOf(TASKS),
  providers: texts,
  capabilities: someOf(CAPABILITIES),
  regions: texts,
  statuses: someOf(VERSION_STATUSES),
  inputFrom: decimal,
  inputTo: decimal,
  outputFrom: decimal,
  outputTo: decimal,
  contextFrom: integer,
  contextTo: integer,
  order: oneOf(ORDERS),
  descending: flag,
};

/** How many filters an address has, without the order. */
export function filterCount({ order, descending, ...filters }: ModelsSearch): number {
  return Object.values(filters).filter((value) => value !== undefined).length;
}

export const NO_FILTERS: ModelsSearch = {
  q: undefined, tasks: undefined, providers: undefined, capabilities: undefined, regions: undefined, statuses: undefined,
  inputFrom: undefined, inputTo: undefined, outputFrom: undefined, outputTo: undefined, contextFrom: undefined,
  contextTo: undefined,
};
