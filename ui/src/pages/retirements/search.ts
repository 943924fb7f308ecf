import { day, flag, oneOf, type Search, text } from "../../app/search";
import type { RetirementFilter } from "../../gql/graphql";

export type RetirementsSearch = {
  /** The first and the last day, in UTC; by default from today on. */
  from?: string;
  to?: string;
  kind?: "DEPRECATION" | "SUNSET";
  /** Only what an alias names, or is a binding of such a version. */
  aliased?: true;
  provider?: string;
  model?: string;
};

export function retirementsSearch(search: Search): RetirementsSearch {
  return {
    from: day(search.from),
    to: day(search.to),
    kind: oneOf(search.kind, ["DEPRECATION", "SUNSET"]),
    aliased: flag(search.aliased),
    provider: text(search.provider),
    model: text(search.model),
  };
}

export const today = (): string => new Date().toISOString().slice(0, 10);

export function filterOf({ from = today(), to, kind, aliased, provider, model }: RetirementsSearch): RetirementFilter {
  return {
    on: { gte: from, lte: to },
    kinds: kind ? [kind] : undefined,
    hasAlias: aliased,
    providers: provider ? [provider] : undefined,
    models: model ? [{ name: model }] : undefined,
  };
}
