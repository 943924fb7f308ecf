import { decimal, flag, integer, oneOf, type Search, someOf, text, texts } from "../../app/search";
import { CAPABILITIES } from "../../components/capabilityNames";
import type { Capability, ModelOrderField, TaskType } from "../../gql/graphql";

export const TASKS: readonly TaskType[] = [
  "CHAT", "COMPLETION", "EMBEDDING", "RERANK", "CLASSIFICATION", "MODERATION", "SPEECH_TO_TEXT", "TEXT_TO_SPEECH",
  "IMAGE_GENERATION", "IMAGE_EDIT", "VIDEO_GENERATION", "REALTIME", "OCR", "SEARCH", "OTHER",
];
export const ORDERS: readonly ModelOrderField[] = ["NAME", "CREATED_AT", "UPDATED_AT"];

/** The filters and the order of the list, as the address has them. Prices are dollars per 1,000,000 tokens. */
export type ModelsSearch = {
  q?: string;
  tasks?: TaskType[];
  providers?: string[];
  capabilities?: Capability[];
  regions?: string[];
  priceFrom?: string;
  priceTo?: string;
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
    priceFrom: decimal(search.priceFrom),
    priceTo: decimal(search.priceTo),
    contextFrom: integer(search.contextFrom),
    contextTo: integer(search.contextTo),
    order: oneOf(search.order, ORDERS),
    descending: flag(search.descending),
  };
}
