import { Table, UnstyledButton } from "@mantine/core";
import type { Key, ReactNode } from "react";

export type Column<Row> = {
  key: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  isNumeric?: boolean;
  /** Present for a column by which rows can be ordered. */
  onSort?: () => void;
  sorted?: "ascending" | "descending";
};

type Props<Row> = { caption: string; columns: Column<Row>[]; rows: readonly Row[]; rowKey: (row: Row) => Key; rowClass?: (row: Row) => string | undefined };

/** A table of up to some hundred rows. Its caption is for readers of the screen. */
export function DataTable<Row>({ caption, columns, rows, rowKey, rowClass }: Props<Row>) {
  return (
    <div className="table-scroll" role="region" aria-label={caption} tabIndex={0}>
      <Table aria-label={caption}>
        <Table.Thead>
          <Table.Tr>{columns.map((column) => <Header key={column.key} column={column} />)}</Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)} className={rowClass?.(row)}>
              {columns.map(({ key, cell, isNumeric }) => (
                <Table.Td key={key} className={isNumeric ? "numeric" : undefined}>{cell(row)}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Header<Row>({ column: { header, isNumeric, onSort, sorted } }: { column: Column<Row> }) {
  const arrow = sorted === "ascending" ? " ▲" : sorted === "descending" ? " ▼" : "";
  return (
    <Table.Th scope="col" aria-sort={sorted} className={isNumeric ? "numeric" : undefined}>
      {onSort ? <UnstyledButton fw={700} fz="inherit" onClick={onSort}>{header}{arrow}</UnstyledButton> : header}
    </Table.Th>
  );
}
