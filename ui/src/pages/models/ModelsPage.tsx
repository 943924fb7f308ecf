import { Button, Drawer } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ListFilter } from "lucide-react";
import { type ReactNode, useCallback, useMemo } from "react";

import "./models.css";
import { PageHeader } from "../../components/PageHeader";
import { CreateModel } from "./CreateModel";
import { CsvButton } from "./CsvButton";
import { useFacets } from "./facets";
import { filterOf, orderOf } from "./filter";
import { type Change, Filters } from "./Filters";
import { ModelList } from "./ModelList";
import { filterCount, type ModelsSearch } from "./search";
import { Selection, useSelection } from "./Selection";
import { ColumnsButton, Toolbar } from "./Toolbar";
import { useColumns } from "./useColumns";

const FILTERS_BESIDE = "(min-width: 75em)";

/** All models: searched, filtered, ordered, and chosen for a comparison. */
export function ModelsPage() {
  const search = useSearch({ from: "/models" });
  const onChange = useChange();
  const filter = useMemo(() => filterOf(search), [search]);
  const orderBy = useMemo(() => orderOf(search), [search]);
  const facets = useFacets(search);
  const { fields, choices, reset } = useColumns();
  const selection = useSelection();
  const isBeside = useMediaQuery(FILTERS_BESIDE, false, { getInitialValueInEffect: false });
  const filters = <Filters search={search} stats={facets.data?.stats} isFailed={facets.isError} onChange={onChange} />;
  return (
    <>
      <PageHeader title="Models"><CreateModel /></PageHeader>
      <div className="models">
        {isBeside && <aside aria-label="Filters" className="models-filters">{filters}</aside>}
        <div className="models-list">
          <Toolbar search={search} orderBy={orderBy} onChange={onChange}>
            {!isBeside && <FiltersButton search={search}>{filters}</FiltersButton>}
            <ColumnsButton columns={choices} onReset={reset} />
            <CsvButton filter={filter} orderBy={orderBy} fields={fields} />
          </Toolbar>
          <Selection selected={selection.selected} onToggle={selection.toggle} onClear={selection.clear} />
          <ModelList
            search={search} filter={filter} orderBy={orderBy} fields={fields} selection={selection} facets={facets} onChange={onChange}
          />
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

function FiltersButton({ search, children }: { search: ModelsSearch; children: ReactNode }) {
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
