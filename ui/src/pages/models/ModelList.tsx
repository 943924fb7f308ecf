import { Button, Group, Text } from "@mantine/core";
import { useCallback } from "react";

import { count } from "../../components/numbers";
import { Empty, QueryError } from "../../components/QueryState";
import type { ModelFilter, ModelOrder, ModelOrderField } from "../../gql/graphql";
import type { Field } from "./columns";
import { type useFacets, useFacetsRefresh, useTotal } from "./facets";
import type { Change } from "./Filters";
import { ModelTable } from "./ModelTable";
import { filterCount, type ModelsSearch, NO_FILTERS } from "./search";
import type { useSelection } from "./Selection";
import { useModels } from "./useModels";

type Props = {
  search: ModelsSearch;
  filter: ModelFilter;
  orderBy: ModelOrder;
  fields: readonly Field[];
  selection: ReturnType<typeof useSelection>;
  facets: ReturnType<typeof useFacets>;
  onChange: Change;
};

/** The list itself, apart from what stands above it: that is not drawn anew with each change of a row. */
export function ModelList({ search, filter, orderBy, fields, selection, facets, onChange }: Props) {
  const models = useModels(filter, orderBy);
  const counted = useTotal(filter, facets);
  const refreshFacets = useFacetsRefresh();
  const onOrder = useCallback(
    (order: ModelOrderField) =>
      onChange({ order, descending: order === orderBy.field && orderBy.direction === "ASC" ? true : undefined }),
    [onChange, orderBy],
  );
  const { list, state, isStale } = models;
  // What is wrong with a filter is wrong in all three requests: it is said once.
  const error = state.error ?? counted.error ?? facets.error;
  const retry = () => {
    list.retry();
    for (const query of [counted, facets]) if (query.error) void query.refetch();
  };
  const readAgain = () => {
    models.readAgain();
    refreshFacets();
  };
  return (
    <>
      <Status
        search={search} state={state} isStale={isStale || counted.isSearching} readAgain={readAgain} onChange={onChange}
        found={error && counted.total === undefined ? "The models are not counted." : found(counted.total)}
      />
      {error ? <QueryError error={error} onRetry={retry} /> : null}
      {state.isComplete && state.known === 0 && <NoModels search={search} />}
      {/* Of a list that could not be read there are no rows that load. */}
      {(state.known > 0 || !(state.isComplete || state.error)) && (
        <ModelTable
          list={list} state={state} isStale={isStale} fields={fields} orderBy={orderBy} onOrder={onOrder}
          selected={selection.selected} isFull={selection.isFull} onSelect={selection.toggle}
        />
      )}
    </>
  );
}

type StatusProps = {
  search: ModelsSearch;
  found: string;
  onChange: Change;
} & Pick<ReturnType<typeof useModels>, "state" | "isStale" | "readAgain">;

/** How many models there are, and what changed since the list was read. */
function Status({ search, found, state, isStale, readAgain, onChange }: StatusProps) {
  const filters = filterCount(search);
  return (
    <Group gap="xs" mb={4} mih={28}>
      <Text size="sm" role="status">
        {isStale ? "Searching…" : found}
      </Text>
      {filters > 0 && (
        <Button size="compact-xs" variant="subtle" onClick={() => onChange(NO_FILTERS)}>
          Reset {filters === 1 ? "the filter" : `${filters} filters`}
        </Button>
      )}
      {state.moved > 0 && (
        <Button size="compact-xs" variant="light" onClick={readAgain} data-moved>
          {count(state.moved)} new or moved: refresh the order
        </Button>
      )}
    </Group>
  );
}

function found(total: number | undefined): string {
  if (total === undefined) return "Counting…";
  return `${count(total)} ${total === 1 ? "model" : "models"}`;
}

function NoModels({ search }: { search: ModelsSearch }) {
  if (filterCount(search) > 0) return <Empty>No model matches. Change the search, or reset the filters.</Empty>;
  return <Empty>The registry has no models yet. Import a catalog with <code>registry import</code>, or create one.</Empty>;
}
