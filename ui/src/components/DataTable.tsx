import { Table, UnstyledButton } from "@mantine/core";
import type { Key, ReactNode } from "react";

export type Column<Row> = {
  key: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  isNumeric?: boolean;
  /** Names the row: it stays in sight while the table scrolls sideways. */
  stays?: boolean;
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
              {columns.map(({ cell, ...column }) => (
                <Table.Td key={column.key} className={classOf(column)}>{cell(row)}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

type Placed = Pick<Column<never>, "isNumeric" | "stays">;
const classOf = ({ isNumeric, stays }: Placed) => [isNumeric && "numeric", stays && "staying"].filter(Boolean).join(" ") || undefined;

function Header<Row>({ column }: { column: Column<Row> }) {
  const { header, onSort, sorted } = column;
  const arrow = sorted === "ascending" ? " ▲" : sorted === "descending" ? " ▼" : "";
  return (
    <Table.Th scope="col" aria-sort={sorted} className={classOf(column)}>
      {onSort ? <UnstyledButton fw={700} fz="inherit" onClick={onSort}>{header}{arrow}</UnstyledButton> : header}
    </Table.Th>
  );
}
