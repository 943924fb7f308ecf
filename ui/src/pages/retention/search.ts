import { day, integer, oneOf, type Readers, text } from "../../app/search";
import type { RetentionInput } from "../../gql/graphql";

export const TABS = ["plan", "archives", "holds"] as const;
export type Tab = (typeof TABS)[number];

export type RetentionSearch = {
  tab?: Tab;
  /** The name of a model, to which all tabs are narrowed. */
  model?: string;
  keep?: number;
  /** The first day, in UTC, from which on archives are not purged. */
  purgeBefore?: string;
};

export const RETENTION: Readers<RetentionSearch> = { tab: oneOf(TABS), model: text, keep: integer, purgeBefore: day };

/** The policy of the address as the API takes it, with only what is set. */
export function policyOf({ model, keep, purgeBefore }: RetentionSearch): RetentionInput {
  return {
    ...(model !== undefined && { model: { name: model } }),
    ...(keep !== undefined && { keep }),
    ...(purgeBefore !== undefined && { purgeArchivedBefore: `${purgeBefore}T00:00:00Z` }),
  };
}

export const modelsOf = ({ model }: RetentionSearch) => (model === undefined ? undefined : [{ name: model }]);
