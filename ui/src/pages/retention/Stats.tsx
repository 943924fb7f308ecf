import { Paper, Text, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";

import { bytes, count } from "../../components/numbers";
import { Time } from "../../components/Time";
import type { RetentionPageQuery } from "../../gql/graphql";

/** How much there is, and the last run. */
export function Stats({ stats }: { stats: RetentionPageQuery["retentionStats"] }) {
  const { active, archived, purgeable, coldBytes, lastRun } = stats;
  return (
    <dl className="cards retention-stats">
      <Figure name="Active versions">{count(active)}</Figure>
      <Figure name="Archived versions">{count(archived)}</Figure>
      <Figure name="Cold storage">
        <Tooltip label={`${count(Number(coldBytes))} bytes`}><span tabIndex={0}>{bytes(Number(coldBytes))}</span></Tooltip>
      </Figure>
      <Figure name="Archived over a year ago" note="A background job purges these.">{count(purgeable)}</Figure>
      <Figure name="Last run" note={lastRun ? `archived ${count(lastRun.archived)}, purged ${count(lastRun.purged)}, by ${lastRun.actor}` : undefined}>
        {lastRun ? <Time at={lastRun.at} /> : "none yet"}
      </Figure>
    </dl>
  );
}

function Figure({ name, note, children }: { name: string; note?: string; children: ReactNode }) {
  return (
    <Paper withBorder p="sm">
      <Text component="dt" size="sm" c="dimmed">{name}</Text>
      <Text component="dd" fz="lg" fw={600}>{children}</Text>
      {note && <Text component="dd" size="xs" c="dimmed">{note}</Text>}
    </Paper>
  );
}
