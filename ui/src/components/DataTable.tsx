import { Table, UnstyledButton } from "@mantine/core";
import type { Key, ReactNode } from "react";

import { measureStaying, TableScroll } from "./TableScroll";

export type Column<Row> = {
  key: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  isNumeric?: boolean;
  /** Present for a column by which rows can be ordered. */
  onSort?: () => void;
  sorted?: "ascending" | "descending";
};

type Props<Row> = {
  caption: string;
  columns: Column<Row>[];
  /** The key of the column that names a row: it stays in sight while the table scrolls sideways. */
  stays: string;
  rows: readonly Row[];
  rowKey: (row: Row) => Key;
  rowClass?: (row: Row) => string | undefined;
};

/** A table of up to some hundred rows. Its caption is for readers of the screen. */
export function DataTable<Row>({ caption, columns, stays, rows, rowKey, rowClass }: Props<Row>) {
  const classOf = ({ key, isNumeric }: Column<Row>) => [isNumeric && "numeric", key === stays && "staying"].filter(Boolean).join(" ") || undefined;
  return (
    <TableScroll label={caption}>
      <Table aria-label={caption} className="data-table">
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => <Header key={column.key} column={column} className={classOf(column)} stays={column.key === stays} />)}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)} className={rowClass?.(row)}>
              {columns.map((column) => <Table.Td key={column.key} className={classOf(column)}>{column.cell(row)}</Table.Td>)}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableScroll>
  );
}

function Header<Row>({ column, className, stays }: { column: Column<Row>; className: string | undefined; stays: boolean }) {
  const { header, onSort, sorted } = column;
  const arrow = sorted === "ascending" ? " ▲" : sorted === "descending" ? " ▼" : "";
  return (
    <Table.Th scope="col" aria-sort={sorted} className={className} ref={stays ? measureStaying : undefined}>
      {onSort ? <UnstyledButton fw={700} fz="inherit" onClick={onSort}>{header}{arrow}</UnstyledButton> : header}
    </Table.Th>
  );
}
