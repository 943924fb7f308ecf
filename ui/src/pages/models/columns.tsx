// The columns of the list: what each shows, what it is in a CSV file, and by which order of the API it can be ordered.
// Cells are plain elements of one line: some hundred of them are drawn anew for each frame while one scrolls.
import { columnVisibilityFeature, createColumnHelper, tableFeatures } from "@tanstack/react-table";
import type { ReactNode } from "react";

import { count, perMillion, shifted, tokens } from "../../components/numbers";
import { Unknown } from "../../components/Unknown";
import { words } from "../../components/words";
import type { ModelOrderField } from "../../gql/graphql";
import type { ModelRow } from "./useModels";

export type Field = {
  id: string;
  title: string;
  width: number; // in pixels
  cell: (row: ModelRow) => ReactNode;
  csv: (row: ModelRow) => string | number | null | undefined;
  order?: ModelOrderField;
  isNumeric?: boolean;
  /** Not shown until somebody chooses it. */
  isExtra?: boolean;
};

const FIELDS: readonly Field[] = [
  {
    id: "name", title: "Model", width: 280, order: "NAME",
    cell: ({ name }) => <a href={`/models/${encodeURIComponent(name)}`} title={name}>{name}</a>,
    csv: ({ name }) => name,
  },
  { id: "task", title: "Task", width: 130, cell: ({ task }) => words(task), csv: ({ task }) => task },
  {
    id: "inputPrice", title: "Input per 1M tokens, from", width: 120, isNumeric: true,
    cell: (row) => <Amount of={inputFrom(row)} />, csv: (row) => exact(inputFrom(row)),
  },
  {
    id: "outputPrice", title: "Output per 1M tokens, from", width: 120, isNumeric: true,
    cell: (row) => <Amount of={outputFrom(row)} />, csv: (row) => exact(outputFrom(row)),
  },
  {
    id: "contextWindow", title: "Context window", width: 100, isNumeric: true,
    cell: ({ latestVersion }) => <Tokens of={latestVersion?.contextWindow} />,
    csv: ({ latestVersion }) => latestVersion?.contextWindow,
  },
  {
    id: "maxOutputTokens", title: "Largest output", width: 100, isNumeric: true, isExtra: true,
    cell: ({ latestVersion }) => <Tokens of={latestVersion?.maxOutputTokens} />,
    csv: ({ latestVersion }) => latestVersion?.maxOutputTokens,
  },
  {
    id: "capabilities", title: "Capabilities", width: 260,
    cell: ({ latestVersion }) => <List of={latestVersion?.capabilities?.map(words)} />,
    csv: ({ latestVersion }) => latestVersion?.capabilities?.join(" "),
  },
  { id: "providers", title: "Providers", width: 220, cell: (row) => <List of={providers(row)} />, csv: (row) => providers(row).join(" ") },
  { id: "regions", title: "Regions", width: 200, isExtra: true, cell: (row) => <List of={regions(row)} />, csv: (row) => regions(row).join(" ") },
];
const BY_ID = new Map(FIELDS.map((field) => [field.id, field]));

export const features = tableFeatures({ columnVisibilityFeature });
const helper = createColumnHelper<typeof features, ModelRow>();
export const columns = helper.columns(
  FIELDS.map(({ id, title }) => helper.display({ id, header: title, enableHiding: id !== "name" })),
);
export const DEFAULT_VISIBILITY = Object.fromEntries(FIELDS.map(({ id, isExtra }) => [id, !isExtra]));

/** What a column shows. */
export function fieldOf(id: string): Field {
  const field = BY_ID.get(id);
  if (!field) throw new Error(`there is no column ${id}`);
  return field;
}

const unique = (values: (string | null)[]) => [...new Set(values)].filter((value) => value !== null).sort();
const providers = ({ bindings }: ModelRow) => unique(bindings.nodes.map(({ providerSlug }) => providerSlug));
const regions = ({ bindings }: ModelRow) => unique(bindings.nodes.map(({ region }) => region));
const inputFrom = ({ bindings }: ModelRow) => bindings.nodes[0]?.price?.inputPer1k;
const outputFrom = ({ bindings }: ModelRow) => bindings.nodes[0]?.price?.outputPer1k;
const exact = (amount: string | null | undefined) => (amount ? shifted(amount, 3) : null);

function Amount({ of }: { of: string | null | undefined }) {
  return <Unknown value={of}>{of && perMillion(of)}</Unknown>;
}

function Tokens({ of }: { of: number | null | undefined }) {
  return <Unknown value={of}><span title={of ? count(of) : undefined}>{of && tokens(of)}</span></Unknown>;
}

function List({ of }: { of: readonly string[] | undefined }) {
  const text = of?.join(", ");
  return <Unknown value={of}><span title={text}>{text || "none"}</span></Unknown>;
}
