import { useLocalStorage } from "@mantine/hooks";
import { useTable } from "@tanstack/react-table";
import { useMemo } from "react";

import { columns, DEFAULT_VISIBILITY, features, fieldOf } from "./columns";
import type { ModelRow } from "./useModels";

// The table is asked for its columns alone: the rows are in the window of the list.
const NO_ROWS: ModelRow[] = [];

/** The columns that are shown, by a choice that this browser keeps. */
export function useColumns() {
  const [chosen, setChosen] = useLocalStorage<Record<string, boolean>>({
    key: "registry.models.columns", defaultValue: {}, getInitialValueInEffect: false,
  });
  const columnVisibility = useMemo(() => ({ ...DEFAULT_VISIBILITY, ...chosen }), [chosen]);
  const table = useTable({ features, columns, data: NO_ROWS, state: { columnVisibility } });
  const fields = useMemo(
    () => table.getVisibleLeafColumns().map(({ id }) => fieldOf(id)),
    // eslint-disable-next-line -- the table is the same object for each choice
    [table, columnVisibility],
  );
  const choices = table.getAllLeafColumns().filter((column) => column.getCanHide()).map((column) => ({
    id: column.id,
    title: fieldOf(column.id).title,
    isShown: column.getIsVisible(),
    onToggle: () => setChosen((before) => ({ ...before, [column.id]: !column.getIsVisible() })),
  }));
  return { fields, choices, reset: () => setChosen({}) };
}
