import { Badge, Group, Text } from "@mantine/core";

import { DataTable } from "../../components/DataTable";
import { Section } from "../../components/Section";
import { TextLink } from "../../components/TextLink";
import { Day } from "../../components/Time";
import { type Overview, RETIRING_DAYS } from "./OverviewPage";

const SHOWN = 8;

/** The versions that end soon, those with aliases first seen by their badges. */
export function Retiring({ versions: { nodes, pageInfo } }: { versions: Overview["versions"] }) {
  const soonest = [...nodes].sort((a, b) => (a.sunsetOn ?? "").localeCompare(b.sunsetOn ?? "")).slice(0, SHOWN);
  return (
    <Section title={`Versions that end within ${RETIRING_DAYS} days`}>
      {soonest.length === 0 ? <Text>None is known to end.</Text> : (
        <DataTable
          caption="Versions that end soon"
          rows={soonest}
          rowKey={({ id }) => id}
          columns={[
            { key: "on", header: "Last day", cell: ({ sunsetOn }) => sunsetOn && <Day on={sunsetOn} /> },
            {
              key: "version",
              header: "Version",
              cell: ({ modelName, version, aliasNames }) => (
                <Group gap={4}>
                  <TextLink to="/models/$name" params={{ name: modelName }}>{modelName}</TextLink> {version}
                  {aliasNames.map((name) => <Badge key={name} variant="filled" size="sm">{name}</Badge>)}
                </Group>
              ),
            },
          ]}
        />
      )}
      <Text mt="xs" size="sm">
        {pageInfo.hasNextPage || nodes.length > SHOWN ? "There are more. " : ""}
        <TextLink to="/retirements">All retirements and what could be used instead</TextLink>
      </Text>
    </Section>
  );
}
