import { day, type Readers, someOf, text, texts } from "../../app/search";
import type { AuditAction, AuditEventFilter, EntityKind } from "../../gql/graphql";

// Records, so that the build fails when the API has another value.
const KIND_NAMES: Record<EntityKind, string> = {
  MODEL: "Models", VERSION: "Versions", BINDING: "Bindings", PROVIDER: "Providers", PRICE: "Prices", ALIAS: "Aliases",
  TOKEN: "Tokens", RETENTION: "Retention runs", CATALOG: "Catalogs",
};
const ACTION_NAMES: Record<AuditAction, string> = {
  CREATED: "Created", UPDATED: "Updated", DELETED: "Deleted", ARCHIVED: "Archived", RESTORED: "Restored", PURGED: "Purged",
  HELD: "Hold put", RELEASED: "Hold lifted", ALIASED: "Alias moved", ROLLED_BACK: "Alias rolled back", PRICED: "Priced",
  CIRCUIT_OPENED: "Circuit opened", CIRCUIT_HALF_OPENED: "Circuit half opened", CIRCUIT_CLOSED: "Circuit closed",
  RETENTION_APPLIED: "Retention applied", REVOKED: "Revoked", LISTED: "Listed", DELISTED: "Delisted", WITHDRAWN: "Withdrawn",
};
export const KINDS = Object.keys(KIND_NAMES) as EntityKind[];
export const ACTIONS = Object.keys(ACTION_NAMES) as AuditAction[];
export const kindName = (kind: EntityKind): string => KIND_NAMES[kind];
export const actionName = (action: AuditAction): string => ACTION_NAMES[action];

export type AuditSearch = {
  kinds?: EntityKind[];
  actions?: AuditAction[];
  actors?: string[];
  /** The name of a model, or its ID, by which a deleted one is found. */
  model?: string;
  /** The first and the last day, in UTC. */
  from?: string;
  to?: string;
  /** One event alone. */
  event?: string;
};

const ID = /^[a-z]{3}_[0-9a-f]{32}$/;

export const AUDIT: Readers<AuditSearch> = {
  kinds: someOf(KINDS), actions: someOf(ACTIONS), actors: texts, model: text, from: day, to: day, event: text,
};

export const isFiltered = ({ event: _, ...filters }: AuditSearch): boolean =>
  Object.values(filters).some((value) => value !== undefined);

const DAY_MS = 86_400_000;
const LAST_DAY = "9999-12-31";

/** The filter of the API; undefined when there is none. */
export function filterOf({ kinds, actions, actors, model, from, to }: AuditSearch): AuditEventFilter | undefined {
  const filter: AuditEventFilter = {};
  if (kinds) filter.kinds = kinds;
  if (actions) filter.actions = actions;
  if (actors) filter.actors = actors;
  if (model) filter.models = [modelRef(model)];
  if (from || to) filter.at = { gte: from && startOf(from), lt: to && endOf(to) };
  return Object.keys(filter).length > 0 ? filter : undefined;
}

export const modelRef = (model: string) => (ID.test(model) ? { id: model } : { name: model });

const startOf = (day: string): string => new Date(day).toISOString();

/** The start of the next day; none for the last day there is, after which nothing can be. */
const endOf = (day: string): string | undefined =>
  day === LAST_DAY ? undefined : new Date(Date.parse(day) + DAY_MS).toISOString();
