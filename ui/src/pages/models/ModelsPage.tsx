import { Button, Drawer, Group, Text } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ListFilter } from "lucide-react";
import { useCallback, useMemo } from "react";

import "./models.css";
import { PageHeader } from "../../components/PageHeader";
import { Empty, QueryError } from "../../components/QueryState";
import { count } from "../../components/numbers";
import type { ModelOrderField } from "../../gql/graphql";
import { CsvButton } from "./CsvButton";
import { useFacets, useFacetsRefresh } from "./facets";
import { filterOf, orderOf } from "./filter";
import { type Change, Filters } from "./Filters";
import { ModelTable } from "./ModelTable";
import type { ModelsSearch } from "./search";
import { Selection, useSelection } from "./Selection";
import { ColumnsButton, Toolbar } from "./Toolbar";
import { useColumns } from "./useColumns";
import { useModels } from "./useModels";

const FILTERS_BESIDE = "(min-width: 75em)";

/** All models: searched, filtered, ordered, and chosen for a comparison. */
export function ModelsPage() {
  const search = useSearch({ from: "/models" });
  const onChange = useChange();
  const filter = useMemo(() => filterOf(search), [search]);
  const orderBy = useMemo(() => orderOf(search), [search]);
  const models = useModels(filter, orderBy);
  const facets = useFacets(search);
  useFacetsRefresh();
  const { fields, choices, reset } = useColumns();
  const { selected, toggle, clear, isFull } = useSelection();
  const isBeside = useMediaQuery(FILTERS_BESIDE, false, { getInitialValueInEffect: false });
  const filters = <Filters search={search} stats={facets.data?.stats} onChange={onChange} />;
  const onOrder = (order: ModelOrderField) =>
    onChange({ order, descending: order === orderBy.field && orderBy.direction === "ASC" ? true : undefined });
  return (
    <>
      <PageHeader title="Models" />
      <div className="models">
        {isBeside && <aside aria-label="Filters" className="models-filters">{filters}</aside>}
        <div className="models-list">
          <Toolbar search={search} orderBy={orderBy} onChange={onChange}>
            {!isBeside && <FiltersButton search={search}>{filters}</FiltersButton>}
            <ColumnsButton columns={choices} onReset={reset} />
            <CsvButton filter={filter} orderBy={orderBy} fields={fields} />
          </Toolbar>
          <Selection selected={selected} onToggle={toggle} onClear={clear} />
          <Status search={search} total={facets.data?.stats.models} {...models} onChange={onChange} />
          {models.state.error ? <QueryError error={models.state.error} onRetry={() => models.list.retry()} /> : null}
          {facets.error ? <QueryError error={facets.error} onRetry={() => void facets.refetch()} /> : null}
          {models.state.isComplete && models.state.known === 0 ? (
            <NoModels search={search} />
          ) : (
            <ModelTable
              list={models.list} state={models.state} isStale={models.isStale} fields={fields} orderBy={orderBy}
              onOrder={onOrder} selected={selected} isFull={isFull} onSelect={toggle}
            />
          )}
        </div>
      </div>
    </>
  );
}

function useChange(): Change {
  const navigate = useNavigate({ from: "/models" });
  return useCallback(
    (part, isTyped = false) =>
      void navigate({ search: (before) => ({ ...before, ...part }), replace: isTyped, resetScroll: false }),
    [navigate],
  );
}

/** How many filters an address has, without the order. */
function filterCount({ order, descending, ...filters }: ModelsSearch): number {
  return Object.values(filters).filter((value) => value !== undefined).length;
}

const NO_FILTERS: ModelsSearch = {
  q: undefined, tasks: undefined, providers: undefined, capabilities: undefined, regions: undefined, statuses: undefined,
  inputFrom: undefined, inputTo: undefined, outputFrom: undefined, outputTo: undefined, contextFrom: undefined,
  contextTo: undefined,
};

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

function FiltersButton({ search, children }: { search: ModelsSearch; children: React.ReactNode }) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const { q, ...others } = search;
  const filters = filterCount(others);
  return (
    <>
      <Button variant="default" leftSection={<ListFilter size={16} aria-hidden />} onClick={open}>
        Filters{filters > 0 && ` (${filters})`}
      </Button>
      <Drawer opened={isOpen} onClose={close} title="Filters" size="20rem" closeButtonProps={{ "aria-label": "Close the filters" }}>
        {children}
      </Drawer>
    </>
  );
}
