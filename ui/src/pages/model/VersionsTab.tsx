import { Badge, Group, Stack, Text, Timeline, Title } from "@mantine/core";

import { useMay } from "../../app/viewer";
import { Capabilities } from "../../components/Capabilities";
import { StateBadge, TargetsBadge } from "../../components/Badges";
import { DataTable } from "../../components/DataTable";
import { MoreButton } from "../../components/MoreButton";
import { count, perMillion } from "../../components/numbers";
import { Empty, QueryError } from "../../components/QueryState";
import { Day, Time } from "../../components/Time";
import { Unknown } from "../../components/Unknown";
import { words } from "../../components/words";
import { ModelMoreVersionsDocument } from "../../gql/graphql";
import { AddButton, VersionMenu } from "./edit/menus";
import type { Model, Version } from "./model";
import { useRest } from "./useRest";

/** The versions, newest first: as a table of what they can do, and as a timeline of what happens when. */
export function VersionsTab({ model }: { model: Model }) {
  const { nodes, more, error } = useRest(model.name, model.versions, ModelMoreVersionsDocument, ({ model }) => model?.versions);
  const mayWrite = useMay("EDITOR");
  const add = <AddButton label="Create a version" dialog={{ kind: "createVersion" }} />;
  if (nodes.length === 0) return <>{add}<Empty>This model has no version yet, so nothing can be bound or routed.</Empty></>;
  return (
    <Stack>
      {add}
      <DataTable
        caption="Versions"
        stays="version"
        rows={nodes}
        rowKey={(version) => version.id}
        columns={[
          ...(mayWrite ? [{ key: "actions", header: <span className="sr-only">Actions</span>, cell: (version: Version) => <VersionMenu version={version} /> }] : []),
          { key: "version", header: "Version", cell: (version) => <VersionName version={version} /> },
          { key: "status", header: "Status", cell: ({ status }) => <StateBadge state={status} /> },
          { key: "context", header: "Context window", isNumeric: true, cell: ({ contextWindow }) => <Unknown value={contextWindow}>{count(contextWindow ?? 0)}</Unknown> },
          { key: "output", header: "Max. output", isNumeric: true, cell: ({ maxOutputTokens }) => <Unknown value={maxOutputTokens}>{count(maxOutputTokens ?? 0)}</Unknown> },
          { key: "capabilities", header: "Capabilities", cell: ({ capabilities }) => <Capabilities of={capabilities} /> },
          { key: "eval", header: "Evaluation", isNumeric: true, cell: ({ evalScore }) => <Unknown value={evalScore} /> },
          { key: "targets", header: "Targets", cell: ({ sloStatus }) => <TargetsBadge status={sloStatus} /> },
          { key: "cost", header: "Cost per 1M tokens", isNumeric: true, cell: ({ costPer1k }) => <Unknown value={costPer1k}>{perMillion(costPer1k ?? "0")}</Unknown> },
        ]}
      />
      {error && <QueryError error={error} />}
      <MoreButton query={more} />
      <Title order={2} size="h4">What happened, and what will</Title>
      <VersionTimeline versions={nodes} />
    </Stack>
  );
}

function VersionName({ version }: { version: Version }) {
  return (
    <Group gap={4}>
      <Text fw={600} span>{version.version}</Text>
      {version.aliasNames.map((name) => <Badge key={name} variant="filled" size="sm">{name}</Badge>)}
      {version.isLatest && <Badge variant="outline" size="sm">latest</Badge>}
      {version.rolling && <Badge variant="outline" color="gray" size="sm">rolling</Badge>}
      {version.hold && <Badge variant="outline" color="yellow" size="sm" title={version.hold.reason}>held</Badge>}
    </Group>
  );
}

type Moment = { key: string; at: string; isDay: boolean; what: string; version: string };

function VersionTimeline({ versions }: { versions: readonly Version[] }) {
  const moments = versions.flatMap(momentsOf).sort((a, b) => b.at.localeCompare(a.at));
  const today = new Date().toISOString();
  const next = moments.filter(({ at }) => at > today).length;
  return (
    <Timeline active={moments.length} bulletSize={14} lineWidth={2}>
      {moments.map(({ key, at, isDay, what, version }, index) => (
        <Timeline.Item key={key} title={`${version} ${what}`} lineVariant={index < next ? "dashed" : "solid"}>
          <Text size="sm" c="dimmed">{isDay ? <Day on={at} /> : <Time at={at} />}{index < next && " (to come)"}</Text>
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

function momentsOf(version: Version): Moment[] {
  const { id, createdAt, releasedOn, deprecatedOn, sunsetOn, archive } = version;
  const days = { released: releasedOn, deprecated: deprecatedOn, "is served for the last day": sunsetOn };
  const found = Object.entries(days).flatMap(([what, at]) => (at ? [{ what, at, isDay: true }] : []));
  found.push({ what: "added to the registry", at: createdAt, isDay: false });
  if (archive) found.push({ what: `archived (${words(archive.reason)})`, at: archive.archivedAt, isDay: false });
  return found.map((moment) => ({ ...moment, key: `${id} ${moment.what}`, version: version.version }));
}
