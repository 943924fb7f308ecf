import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { ReactNode } from "react";

import { capabilityName } from "../../../components/capabilityNames";
import { type Column, DataTable } from "../../../components/DataTable";
import { Unknown } from "../../../components/Unknown";
import { words } from "../../../components/words";
import type { Capability } from "../../../gql/graphql";
import { type Field, type FormValue, type FormValues, isChanged, type Known, type LabelRow, same, toForm } from "./fields";

type Props = {
  fields: readonly Field[];
  /** What the registry had when the form was opened. */
  base: Known;
  /** What somebody else has saved since. */
  theirs: Known;
  /** What was typed here; none for a write without fields. */
  mine?: FormValues;
};

/** What another person has changed, beside what this one typed: the fields in which they differ from before. */
export function Differences({ fields, base, theirs, mine }: Props) {
  const rows = fields
    .filter((field) => theirs[field.name] !== undefined) // what the answer does not say cannot be compared
    .map((field) => ({
      field,
      before: toForm(field, base[field.name]),
      now: toForm(field, theirs[field.name]),
      typed: mine && isChanged(field, base, mine) ? (mine[field.name] ?? null) : undefined,
    }))
    .filter(({ before, now, typed }) => !same(before, now) || typed !== undefined);
  const isNarrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  if (rows.length === 0) return <Text size="sm">None of the fields of this form differs: something else of it was changed.</Text>;
  const columns: Column<(typeof rows)[number]>[] = [
    { key: "before", header: "Before", cell: ({ field, before }) => <Shown field={field} value={before} /> },
    { key: "theirs", header: "Theirs, saved", cell: ({ field, now, before }) => (same(now, before) ? "not changed" : <Shown field={field} value={now} />) },
  ];
  if (mine) columns.push({ key: "mine", header: "Yours", cell: ({ field, typed }) => (typed === undefined ? "not changed: theirs stays" : <Shown field={field} value={typed} />) });
  if (isNarrow) return <Stacked rows={rows} columns={columns} titleOf={({ field }) => field.label} />;
  return (
    <DataTable
      caption="Differences"
      stays="field"
      rows={rows}
      rowKey={({ field }) => field.name}
      columns={[{ key: "field", header: "Field", cell: ({ field }) => field.label }, ...columns]}
    />
  );
}

const NARROW = "(max-width: 36em)"; // where the last columns would be out of sight

type StackedProps<Row> = { rows: readonly Row[]; columns: readonly Column<Row>[]; titleOf: (row: Row) => string };

/** The same as a list: of each field one value below the other. */
function Stacked<Row>({ rows, columns, titleOf }: StackedProps<Row>): ReactNode {
  return (
    <Stack component="ul" gap="sm" className="stacked" aria-label="Differences">
      {rows.map((row) => (
        <li key={titleOf(row)}>
          <Text fw={600} size="sm">{titleOf(row)}</Text>
          <dl>
            {columns.map(({ key, header, cell }) => <div key={key}><dt>{header}</dt><dd>{cell(row)}</dd></div>)}
          </dl>
        </li>
      ))}
    </Stack>
  );
}

function Shown({ field, value }: { field: Field; value: FormValue }) {
  if (value === null || value === "") return <Unknown value={null} />;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (field.kind === "labels") return (value as readonly LabelRow[]).map(({ key, value }) => `${key}: ${value}`).join(", ") || "none";
  if (field.kind === "capabilities") return (value as readonly Capability[]).map(capabilityName).join(", ") || "none";
  if (field.kind === "choice") return words(String(value));
  return <span className={field.kind === "json" ? "mono" : undefined}>{String(value)}</span>;
}

type ConflictProps = Props & { isPending: boolean; onTheirs: () => void; onMine: () => void };

/** Two people edited the same: nothing was saved, and this one decides. */
export function Conflict({ isPending, onTheirs, onMine, ...differences }: ConflictProps) {
  return (
    <Alert color="yellow" variant="outline" role="alert" title="Somebody else has changed this since you opened it">
      <Stack>
        <Text size="sm">Nothing of yours was saved yet. What you did not change stays as they saved it, whatever you choose.</Text>
        <Differences {...differences} />
        <Group>
          <Button variant="default" disabled={isPending} onClick={onTheirs}>Take theirs</Button>
          <Button color="red" loading={isPending} onClick={onMine}>Save mine over theirs</Button>
        </Group>
      </Stack>
    </Alert>
  );
}
