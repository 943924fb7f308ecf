// How many models each value of a filter would leave. Values of one filter add up, so its own choice does not count
// for its values: a filter with a choice is counted by a query of its own. How many models match in all is read
// with the counts at first, and by a query of its own after changes.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";

import { useChanges } from "../../app/App";
import { documentId } from "../../app/api";
import { type IsTouched, useRegistryQuery } from "../../app/queries";
import { capabilityName } from "../../components/capabilityNames";
import { words } from "../../components/words";
import { type ModelFilter, ModelsCountDocument, ModelsFacetsDocument, type ModelsFacetsQuery, type TypedDocumentString } from "../../gql/graphql";
import { filterOf } from "./filter";
import type { ModelsSearch } from "./search";

const REFRESH_MS = 30_000; // counting looks at all models, so it is repeated at most this often while they change
const NEVER = { isTouched: () => false };

export type Option = { value: string; label: string; count: number | undefined };
type Stats = ModelsFacetsQuery["stats"];
type Group = { key: GroupKey; title: string; options: (stats: Stats) => Option[] | undefined };

export type GroupKey = "tasks" | "providers" | "capabilities" | "regions" | "statuses";
const GROUP_KEYS: readonly GroupKey[] = ["tasks", "providers", "capabilities", "regions", "statuses"];

export const GROUPS: readonly Group[] = [
  {
    key: "tasks", title: "Task",
    options: ({ modelsByTask }) => modelsByTask?.map(({ task, count }) => ({ value: task, label: words(task), count })),
  },
  {
    key: "providers", title: "Provider",
    options: ({ modelsByProvider }) => modelsByProvider?.map(({ slug, name, count }) => ({ value: slug, label: name, count })),
  },
  {
    key: "capabilities", title: "Capabilities (all of them)",
    options: ({ modelsByCapability }) =>
      modelsByCapability?.map(({ capability, count }) => ({ value: capability, label: capabilityName(capability), count })),
  },
  {
    key: "regions", title: "Region",
    options: ({ modelsByRegion }) => modelsByRegion?.map(({ name, count }) => ({ value: name, label: name, count })),
  },
  {
    key: "statuses", title: "With a version that is",
    options: ({ modelsByVersionStatus }) =>
      modelsByVersionStatus?.map(({ status, count }) => ({ value: status, label: words(status), count })),
  },
];

const only = (isCounted: (key: GroupKey) => boolean) =>
  Object.fromEntries(GROUP_KEYS.map((key) => [key, isCounted(key)])) as Record<GroupKey, boolean>;

/** Whether a change can make it another number of models: filters look at all that belongs to a model. */
const countsAnew: IsTouched = ({ event, model }) => model !== null || ["MODEL", "PROVIDER"].includes(event.kind);

/** How many models match; undefined while it is not known. It is counted again, as rows are looked at again, within a second of a change. */
export function useTotal(filter: ModelFilter, facets: ReturnType<typeof useFacets>) {
  const [isChanged, setChanged] = useState(false);
  useChanges(useCallback((change) => countsAnew(change) && setChanged(true), []));
  const options = { isTouched: countsAnew, isEnabled: isChanged, isKept: false };
  const { data, dataUpdatedAt, error, refetch } = useRegistryQuery(ModelsCountDocument, { filter }, options);
  const early = facets.isPlaceholderData ? undefined : facets.data;
  const total = (data && dataUpdatedAt >= facets.dataUpdatedAt ? data : (early ?? data))?.stats.models;
  return { total, isSearching: total === undefined && facets.isPlaceholderData, error, refetch };
}

/** The counts of all filters without a choice. */
export function useFacets(search: ModelsSearch) {
  const counted = only((key) => isCountedTogether(search, key));
  return useRegistryQuery(ModelsFacetsDocument, { filter: filterOf(search), ...counted }, NEVER);
}

/** The counts of one filter. */
export function useOptions(group: Group, search: ModelsSearch, together: Stats | undefined): Option[] {
  const { key } = group;
  const isTogether = isCountedTogether(search, key);
  const variables = { filter: filterOf({ ...search, [key]: undefined }), ...only((each) => each === key) };
  const own = useRegistryQuery(ModelsFacetsDocument, variables, { ...NEVER, isEnabled: !isTogether });
  const stats = isTogether ? together : own.data?.stats;
  const options = (stats && group.options(stats)) ?? [];
  const known = new Set(options.map(({ value }) => value));
  const others = (search[key] ?? []).filter((value) => !known.has(value));
  return [...others.map((value) => ({ value, label: words(value), count: stats && 0 })), ...options];
}

/** Capabilities are those that a model has all of, so each further one is counted among what is left. */
function isCountedTogether(search: ModelsSearch, key: GroupKey): boolean {
  return key === "capabilities" || search[key] === undefined;
}

/** Counts the values of filters again while models change; returns what counts them at once. */
export function useFacetsRefresh(): () => void {
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const refresh = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    const id = documentId(ModelsFacetsDocument as unknown as TypedDocumentString<unknown, never>);
    void queries.invalidateQueries({ queryKey: [id] });
  }, [queries]);
  const onChange = useCallback(() => void (timer.current ??= setTimeout(refresh, REFRESH_MS)), [refresh]);
  useChanges(onChange);
  useEffect(() => () => clearTimeout(timer.current), []);
  return refresh;
}
