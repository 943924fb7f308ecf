import { Card, Text } from "@mantine/core";

import { count } from "../../components/numbers";
import { TextLink } from "../../components/TextLink";
import type { Overview } from "./OverviewPage";

/** How much there is. */
export function Counts({ stats }: { stats: Overview["stats"] }) {
  const counts = [
    { name: "models", value: stats.models, more: "" },
    { name: "versions", value: stats.versions, more: `${count(stats.activeVersions)} active, ${count(stats.archivedVersions)} archived` },
    { name: "bindings", value: stats.bindings, more: `${count(stats.routableBindings)} can be called now` },
    { name: "providers", value: stats.providers, more: "" },
  ];
  return (
    <div className="overview-counts">
      {counts.map(({ name, value, more }) => (
        <Card key={name} withBorder>
          <Text fz="1.75rem" fw={700} lh={1.1}>{count(value)}</Text>
          <Text>{name === "models" ? <TextLink to="/models">{name}</TextLink> : name}</Text>
          {more && <Text size="sm" c="dimmed">{more}</Text>}
        </Card>
      ))}
    </div>
  );
}
