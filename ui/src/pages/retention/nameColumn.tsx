import type { Column } from "../../components/DataTable";
import { TextLink } from "../../components/TextLink";

/** The column that names a version by its model and its label: it stays while a table of versions scrolls. */
export function nameColumn<Row extends { modelName: string }>(labelOf: (row: Row) => string): Column<Row> {
  return {
    key: "name",
    header: "Version",
    cell: (row) => (
      <div className="wide-cell">
        <TextLink to="/models/$name" params={{ name: row.modelName }} inherit>{row.modelName}</TextLink> <span className="mono">{labelOf(row)}</span>
      </div>
    ),
  };
}
