import { Button, Group, Text } from "@mantine/core";
import { useCallback } from "react";

import { count } from "../../components/numbers";
import { Empty, QueryError } from "../../components/QueryState";
import type { ModelFilter, ModelOrder, ModelOrderField } from "../../gql/graphql";
import type { Field } from "./columns";
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
  total: number | undefined;
  onChange: Change;
};

/** The list itself, apart from what stands above it: that is not drawn anew with each change of a row. */
export function ModelList({ search, filter, orderBy, fields, selection, total, onChange }: Props) {
  const models = useModels(filter, orderBy);
  const onOrder = useCallback(
    (order: ModelOrderField) =>
      onChange({ order, descending: order === orderBy.field && orderBy.direction === "ASC" ? true : undefined }),
    [onChange, orderBy],
  );
  const { list, state, isStale } = models;
  return (
    <>
      <Status search={search} total={total} {...models} onChange={onChange} />
      {state.error ? <QueryError error={state.error} onRetry={() => list.retry()} /> : null}
      {state.isComplete && state.known === 0 ? (
        <NoModels search={search} />
      ) : (
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
  total: number | undefined;
  onChange: Change;
} & Pick<ReturnType<typeof useModels>, "state" | "isStale" | "readAgain">;

/** How many models there are, and what changed since the list was read. */
function Status({ search, total, state, isStale, readAgain, onChange }: StatusProps) {
  const filters = filterCount(search);
  return (
    <Group gap="xs" mb={4} mih={28}>
      <Text size="sm" role="status">
        {isStale ? "Searching…" : total === undefined ? "Counting…" : `${count(total)} ${total === 1 ? "model" : "models"}`}
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

function NoModels({ search }: { search: ModelsSearch }) {
  if (filterCount(search) > 0) return <Empty>No model matches. Change the search, or reset the filters.</Empty>;
  return <Empty>The registry has no models yet. Import a catalog with <code>registry import</code>, or create one.</Empty>;
}
