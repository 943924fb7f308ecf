// What is compared: for each row, what each model has. A key says whether two cells are the same.
import { Text } from "@mantine/core";
import type { ReactNode } from "react";

import { StateBadge, TargetsBadge } from "../../components/Badges";
import { CAPABILITIES, capabilityName } from "../../components/capabilityNames";
import { compareDecimals } from "../../components/decimals";
import { bytes, count, percent, perMillion, tokens } from "../../components/numbers";
import { Day, Time } from "../../components/Time";
import { Unknown } from "../../components/Unknown";
import { words } from "../../components/words";
import type { ComparePageQuery } from "../../gql/graphql";
import { otherRows, usualRows } from "./lowest";
import { healthRows, providerRows } from "./offers";

export type Model = ComparePageQuery["models"]["nodes"][number];
export type Version = Model["versions"]["nodes"][number];
export type Cell = { key: string; shown: ReactNode; /** A word for what stands out, such as "lowest". */ mark?: string };
export type Row = { title: string; cells: Cell[]; isDifferent: boolean };
export type Section = { title: string; note?: string; rows: Row[] };

const PRICES_NOTE = "US dollars per 1M tokens, at the price in effect now.";

export function sectionsOf(models: readonly Model[]): Section[] {
  const latest = models.map(({ versions }) => versions.nodes.find(({ isLatest }) => isLatest));
  return [
    { title: "Model", rows: modelRows(models) },
    { title: "Latest version", rows: versionRows(models, latest) },
    { title: "Capabilities of the latest version", rows: capabilityRows(latest) },
    { title: "Versions", rows: [row("Versions, newest first", models.map(versionsCell))] },
    { title: "Lowest prices", note: `${PRICES_NOTE} Of all bindings that can be called now.`, rows: usualRows(models) },
    { title: "Lowest prices of tiers, batches, other meters", note: "Per 1M tokens, unless the row names another unit. A model without such a price may charge the usual one.", rows: otherRows(models) },
    { title: "Prices at each provider", note: PRICES_NOTE, rows: providerRows(models) },
    { title: "Health", note: "As gateways reported it in the last minutes. A latency or a success rate that was only stated is not shown.", rows: healthRows(models) },
  ];
}

export function row(title: string, cells: Cell[]): Row {
  return { title, cells, isDifferent: new Set(cells.map(({ key }) => key)).size > 1 };
}

/** A cell of a value; null is unknown. */
export function cell(value: string | number | null | undefined, shown?: ReactNode): Cell {
  if (value === null || value === undefined) return { key: "", shown: <Unknown value={null} /> };
  return { key: String(value), shown: shown ?? String(value) };
}

/** Marks the cells with the lowest or the largest number, when not all have it. */
export function marked(cells: Cell[], mark: "lowest" | "largest"): Cell[] {
  const known = cells.map(({ key }) => key).filter((key) => key !== "");
  const sorted = known.toSorted(compareDecimals);
  const best = mark === "lowest" ? sorted[0] : sorted.at(-1);
  if (best === undefined || known.every((key) => compareDecimals(key, best) === 0)) return cells;
  return cells.map((each) => (each.key !== "" && compareDecimals(each.key, best) === 0 ? { ...each, mark } : each));
}


function modelRows(models: readonly Model[]): Row[] {
  const of = (title: string, value: (model: Model) => Cell) => row(title, models.map(value));
  return [
    of("Task", ({ task }) => cell(task, words(task))),
    of("Subject", ({ subject }) => cell(subject)),
    of("Description", ({ description }) => cell(description, <Text size="sm" lineClamp={4} title={description ?? undefined}>{description}</Text>)),
    of("Labels", ({ labels }) => cell(labels.map(({ key, value }) => `${key}: ${value}`).join(", ") || "none")),
    of("Versions that retention keeps", ({ retentionKeep }) => cell(retentionKeep)),
    of("Registered", ({ createdAt }) => cell(createdAt, <Time at={createdAt} />)),
    of("Updated", ({ updatedAt }) => cell(updatedAt, <Time at={updatedAt} />)),
  ];
}

const size = (value: number | null | undefined): Cell =>
  cell(value, typeof value === "number" && <span title={count(value)}>{tokens(value)}</span>);
const day = (value: string | null | undefined): Cell => cell(value, value && <Day on={value} />);

/** In the place of the latest version. All versions would be more than the page reads. */
const noneOf = ({ versions: { nodes, pageInfo } }: Model): string =>
  pageInfo.hasNextPage ? `not among the ${nodes.length} newest` : "no active version";

function versionRows(models: readonly Model[], latest: readonly (Version | undefined)[]): Row[] {
  const all = (value: (version: Version | undefined) => Cell) => latest.map(value);
  const of = (title: string, value: (version: Version | undefined) => Cell) => row(title, all(value));
  return [
    row("Version", latest.map((version, index) => (version ? cell(version.version) : { key: "none", shown: noneOf(models[index] as Model) }))),
    of("Aliases", (version) => cell(version && (version.aliasNames.join(", ") || "none"))),
    row("Context window, tokens", marked(all((version) => size(version?.contextWindow)), "largest")),
    row("Largest output, tokens", marked(all((version) => size(version?.maxOutputTokens)), "largest")),
    row("Evaluation score", marked(all((version) => cell(version?.evalScore?.toFixed(6), version?.evalScore)), "largest")),
    of("Released", (version) => day(version?.releasedOn)),
    of("Rolling", (version) => cell(version && (version.rolling ? "yes: it can change under this name" : "no"))),
    of("Deprecated", (version) => (version && version.deprecatedOn === null ? cell("not announced") : day(version?.deprecatedOn))),
    of("Sunset", (version) => (version && version.sunsetOn === null ? cell("not announced") : day(version?.sunsetOn))),
    of("Artifact", (version) => cell(version?.artifactUrl)),
    of("Size of the artifact", (version) => cell(version?.sizeBytes, version?.sizeBytes && <span title={`${version.sizeBytes} bytes`}>{bytes(Number(version.sizeBytes))}</span>)),
    of("Cost stated for the version, per 1M tokens", (version) => cell(version?.costPer1k, version?.costPer1k && perMillion(version.costPer1k))),
    of("Home region", (version) => cell(version?.region)),
    of("Target latency (p95)", (version) => cell(version?.sloLatencyMs, version?.sloLatencyMs && `${count(version.sloLatencyMs)} ms`)),
    of("Target success rate", (version) => cell(version?.sloSuccessRate, version?.sloSuccessRate && percent(version.sloSuccessRate))),
    of("Targets", (version) => cell(version?.sloStatus, version && <TargetsBadge status={version.sloStatus} />)),
  ];
}

function capabilityRows(latest: readonly (Version | undefined)[]): Row[] {
  const has = (version: Version | undefined, capability: (typeof CAPABILITIES)[number]): Cell => {
    if (!version?.capabilities) return cell(null);
    return version.capabilities.includes(capability) ? cell("yes", "✓ yes") : cell("no", <Text span c="dimmed">✗ no</Text>);
  };
  return CAPABILITIES.map((capability) => row(capabilityName(capability), latest.map((version) => has(version, capability))));
}

const VERSIONS_SHOWN = 5;

function versionsCell({ versions: { nodes, pageInfo } }: Model): Cell {
  const more = nodes.length - VERSIONS_SHOWN;
  return {
    key: nodes.map(({ version, status, aliasNames }) => `${version} ${status} ${aliasNames.join(" ")}`).join(", "),
    shown: (
      <ul className="compare-list">
        {nodes.slice(0, VERSIONS_SHOWN).map(({ id, version, status, aliasNames }) => (
          <li key={id}>{version} <StateBadge state={status} /> {aliasNames.join(", ")}</li>
        ))}
        {more > 0 && <li>and {pageInfo.hasNextPage ? "more than " : ""}{more} more</li>}
        {nodes.length === 0 && <li>none</li>}
      </ul>
    ),
  };
}
