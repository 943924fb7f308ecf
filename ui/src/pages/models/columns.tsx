// The columns of the list: what each shows, what it is in a CSV file, and by which order of the API it can be ordered.
// Cells are plain elements of one line: some hundred of them are drawn anew for each frame while one scrolls.
import { columnVisibilityFeature, createColumnHelper, tableFeatures } from "@tanstack/react-table";
import type { ReactNode } from "react";

import { capabilityName } from "../../components/capabilityNames";
import { count, perMillion, shifted, tokens } from "../../components/numbers";
import { Day, momentText } from "../../components/Time";
import { Unknown } from "../../components/Unknown";
import { words } from "../../components/words";
import type { ModelOrderField } from "../../gql/graphql";
import type { ModelRow } from "./useModels";

export type Field = {
  id: string;
  title: string;
  /** In a CSV file, where it says more than the title. */
  csvTitle?: string;
  width: number; // in pixels
  cell: (row: ModelRow) => ReactNode;
  csv: (row: ModelRow) => string | number | null | undefined;
  order?: ModelOrderField;
  isNumeric?: boolean;
  /** Not shown until somebody chooses it. */
  isExtra?: boolean;
};

/** An empty list is "none" in a CSV, as in the table: an empty field is unknown. */
const listed = (values: readonly string[]): string => values.join(" ") || "none";

const FIELDS: readonly Field[] = [
  {
    id: "name", title: "Model", width: 225, order: "NAME", csv: ({ name }) => name,
    cell: ({ name }) => <a href={`/models/${encodeURIComponent(name)}`} title={name}>{name}</a>,
  },
  { id: "task", title: "Task", width: 118, cell: ({ task }) => words(task), csv: ({ task }) => task },
  {
    id: "input", title: "Input from, per 1M tokens", csvTitle: "Lowest input price, US dollars per 1M tokens",
    width: 104, isNumeric: true, order: "INPUT_PER_1K", csv: ({ offer }) => exact(offer.inputPer1k),
    cell: ({ offer }) => <Amount of={offer.inputPer1k} at={offer.inputProvider} />,
  },
  {
    id: "output", title: "Output from, per 1M tokens", csvTitle: "Lowest output price, US dollars per 1M tokens",
    width: 104, isNumeric: true, order: "OUTPUT_PER_1K", csv: ({ offer }) => exact(offer.outputPer1k),
    cell: ({ offer }) => <Amount of={offer.outputPer1k} at={offer.outputProvider} />,
  },
  {
    id: "context", title: "Context window", width: 88, isNumeric: true, order: "CONTEXT_WINDOW",
    cell: ({ latestVersion }) => <Tokens of={latestVersion?.contextWindow} />,
    csv: ({ latestVersion }) => latestVersion?.contextWindow,
  },
  {
    id: "maxOutput", title: "Largest output", width: 96, isNumeric: true, isExtra: true,
    cell: ({ latestVersion }) => <Tokens of={latestVersion?.maxOutputTokens} />,
    csv: ({ latestVersion }) => latestVersion?.maxOutputTokens,
  },
  {
    id: "capabilities", title: "Capabilities", width: 250, csv: ({ latestVersion }) => latestVersion?.capabilities && listed(latestVersion.capabilities),
    cell: ({ latestVersion }) => <List of={latestVersion?.capabilities?.map(capabilityName)} />,
  },
  {
    id: "providers", title: "Providers", width: 230, csv: ({ offer }) => listed([...offer.providers, ...more(offer)]),
    cell: ({ offer }) => <List of={offer.providers} count={offer.providerCount} />,
  },
  { id: "regions", title: "Regions", width: 180, isExtra: true, cell: ({ offer }) => <List of={regionsOf(offer)} />, csv: ({ offer }) => listed(regionsOf(offer)) },
  {
    id: "routable", title: "Routable bindings", width: 92, isNumeric: true,
    cell: ({ offer }) => `${count(offer.routableBindings)} of ${count(offer.bindings)}`, csv: ({ offer }) => offer.routableBindings,
  },
  { id: "health", title: "Health", width: 180, isExtra: true, cell: ({ offer }) => <Unknown value={health(offer)} />, csv: ({ offer }) => health(offer) },
  {
    id: "released", title: "Released", width: 112, order: "RELEASED_ON", csv: ({ latestVersion }) => latestVersion?.releasedOn,
    cell: ({ latestVersion }) => <OnDay of={latestVersion?.releasedOn} />,
  },
  {
    id: "deprecated", title: "Deprecated", width: 112, isExtra: true, csv: ({ latestVersion }) => latestVersion?.deprecatedOn,
    cell: ({ latestVersion }) => <OnDay of={latestVersion?.deprecatedOn} />,
  },
  { id: "sunset", title: "First sunset", width: 112, isExtra: true, cell: ({ offer }) => <OnDay of={offer.sunsetOn} />, csv: ({ offer }) => offer.sunsetOn },
  { id: "version", title: "Latest version", width: 100, isExtra: true, cell: ({ latestVersion }) => <Unknown value={latestVersion?.version} />, csv: ({ latestVersion }) => latestVersion?.version },
  { id: "aliases", title: "Aliases", width: 160, isExtra: true, cell: ({ aliases }) => <List of={aliases.map(({ name }) => name)} />, csv: ({ aliases }) => listed(aliases.map(({ name }) => name)) },
  { id: "subject", title: "Subject", width: 110, isExtra: true, cell: ({ subject }) => <Unknown value={subject} />, csv: ({ subject }) => subject },
  { id: "updated", title: "Updated", width: 165, isExtra: true, order: "UPDATED_AT", cell: ({ updatedAt }) => <Minute at={updatedAt} />, csv: ({ updatedAt }) => updatedAt },
  { id: "created", title: "Registered", width: 165, isExtra: true, order: "CREATED_AT", cell: ({ createdAt }) => <Minute at={createdAt} />, csv: ({ createdAt }) => createdAt },
];
const BY_ID = new Map(FIELDS.map((field) => [field.id, field]));

export const features = tableFeatures({ columnVisibilityFeature });
const helper = createColumnHelper<typeof features, ModelRow>();
export const columns = helper.columns(
  FIELDS.map(({ id, title }) => helper.display({ id, header: title, enableHiding: id !== "name" })),
);
export const DEFAULT_VISIBILITY: Record<string, boolean> = Object.fromEntries(FIELDS.map(({ id, isExtra }) => [id, !isExtra]));

/** What a column shows. */
export function fieldOf(id: string): Field {
  const field = BY_ID.get(id);
  if (!field) throw new Error(`there is no column ${id}`);
  return field;
}

const exact = (amount: string | null) => (amount === null ? null : shifted(amount, 3));
const HEALTH = [["healthy", "healthy"], ["degraded", "degraded"], ["unhealthy", "unhealthy"], ["openCircuits", "with an open circuit"]] as const;

/** The bindings whose health is known, such as "2 healthy, 1 with an open circuit"; null when none is. */
function health(offer: ModelRow["offer"]): string | null {
  const parts = HEALTH.filter(([field]) => offer[field] > 0).map(([field, name]) => `${offer[field]} ${name}`);
  return parts.length > 0 ? parts.join(", ") : null;
}

/** The API names 100 providers; how many others there are. */
function more({ providers, providerCount }: ModelRow["offer"]): string[] {
  return providerCount > providers.length ? [`and ${providerCount - providers.length} more`] : [];
}

const LISTED_MAX = 100; // regions that the API names

/** The regions; where the API may have cut them, it says so in the place of a further one. */
const regionsOf = ({ regions }: ModelRow["offer"]) => (regions.length >= LISTED_MAX ? [...regions, "maybe more"] : regions);

function Amount({ of, at }: { of: string | null; at: string | null }) {
  return <Unknown value={of}><span title={at ? `at ${at}` : undefined}>{of && perMillion(of)}</span></Unknown>;
}

function Tokens({ of }: { of: number | null | undefined }) {
  return <Unknown value={of}><span title={of ? count(of) : undefined}>{of && tokens(of)}</span></Unknown>;
}

function OnDay({ of }: { of: string | null | undefined }) {
  return <Unknown value={of}>{of && <Day on={of} />}</Unknown>;
}

/** A moment, to the minute: times that say how long ago they are would be drawn anew all the time. */
function Minute({ at }: { at: string }) {
  return <time dateTime={at} title={momentText(at)}>{new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC</time>;
}

function List({ of, count: total }: { of: readonly string[] | undefined; count?: number }) {
  const text = of?.join(", ");
  const more = of && total !== undefined && total > of.length ? ` and ${total - of.length} more` : "";
  return <Unknown value={of}><span title={text}>{text ? text + more : "none"}</span></Unknown>;
}
