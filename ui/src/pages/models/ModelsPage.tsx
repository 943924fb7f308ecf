import { TextInput } from "@mantine/core";
import { useTable } from "@tanstack/react-table";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";

import "./models.css";
import { PageHeader } from "../../components/PageHeader";
import { QueryError } from "../../components/QueryState";
import type { ModelOrderField } from "../../gql/graphql";
import { columns, DEFAULT_VISIBILITY, features, fieldOf } from "./columns";
import { filterOf, orderOf } from "./filter";
import { ModelTable } from "./ModelTable";
import type { ModelsSearch } from "./search";
import { type ModelRow, useModels } from "./useModels";

const NO_ROWS: ModelRow[] = [];
const SELECTED_MAX = 6;

export function ModelsPage() {
  const search = useSearch({ from: "/models" });
  const navigate = useNavigate({ from: "/models" });
  const filter = useMemo(() => filterOf(search), [search]);
  const orderBy = useMemo(() => orderOf(search), [search]);
  const models = useModels(filter, orderBy);
  const [columnVisibility, setColumnVisibility] = useState<Record<string, boolean>>(DEFAULT_VISIBILITY);
  const table = useTable({ features, columns, data: NO_ROWS, state: { columnVisibility }, onColumnVisibilityChange: setColumnVisibility });
  const fields = useMemo(() => table.getVisibleLeafColumns().map(({ id }) => fieldOf(id)), [table, columnVisibility]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const onSelect = useCallback((name: string) => {
    setSelected((before) => {
      const after = new Set(before);
      if (!after.delete(name) && after.size < SELECTED_MAX) after.add(name);
      return after;
    });
  }, []);
  const change = (part: Partial<ModelsSearch>, replace = false) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace, resetScroll: false });
  const onOrder = (order: ModelOrderField) =>
    change({ order, descending: order === orderBy.field && orderBy.direction === "ASC" ? true : undefined });
  return (
    <>
      <PageHeader title="Models" />
      <TextInput label="Search by name" defaultValue={search.q} onChange={(event) => change({ q: event.currentTarget.value || undefined }, true)} />
      {models.state.error ? <QueryError error={models.state.error} onRetry={() => models.list.retry()} /> : null}
      {models.state.moved > 0 && <button type="button" onClick={models.readAgain}>{models.state.moved} new or moved: refresh order</button>}
      <ModelTable {...models} fields={fields} orderBy={orderBy} onOrder={onOrder} selected={selected} isFull={selected.size >= SELECTED_MAX} onSelect={onSelect} />
    </>
  );
}
