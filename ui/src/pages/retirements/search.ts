import { day, flag, oneOf, type Readers, text } from "../../app/search";
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

export const RETIREMENTS: Readers<RetirementsSearch> = {
  from: day, to: day, kind: oneOf(["DEPRECATION", "SUNSET"]), aliased: flag, provider: text, model: text,
};

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
