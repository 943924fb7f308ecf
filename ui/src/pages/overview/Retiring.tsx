import { Badge, Group, Text } from "@mantine/core";

import { type Column, DataTable } from "../../components/DataTable";
import { count } from "../../components/numbers";
import { Section } from "../../components/Section";
import { TextLink } from "../../components/TextLink";
import { Day } from "../../components/Time";
import { type Overview, RETIRING_DAYS } from "./OverviewPage";

const SHOWN = 8;

type Retirement = Overview["retirements"]["nodes"][number];

/** What is deprecated or ends soon: what an alias names first, for somebody depends on it. */
export function Retiring({ retirements: { nodes, pageInfo } }: { retirements: Overview["retirements"] }) {
  const isAliased = ({ aliasNames }: Retirement) => Number(aliasNames.length > 0);
  const shown = [...nodes].sort((a, b) => isAliased(b) - isAliased(a)).slice(0, SHOWN); // each in the order of days
  return (
    <Section title={`Retirements within ${RETIRING_DAYS} days`}>
      {shown.length === 0 ? <Text>No version or binding is known to be deprecated or to end.</Text> : (
        <DataTable caption="Retirements that come soon" stays="what" rows={shown} rowKey={keyOf} columns={COLUMNS} />
      )}
      <Text mt="xs" size="sm">
        {pageInfo.hasNextPage || nodes.length > SHOWN ? "There are more. " : ""}
        <TextLink to="/retirements">All retirements and what could be used instead</TextLink>
      </Text>
    </Section>
  );
}

const keyOf = ({ on, kind, modelName, versionLabel, providerName, region }: Retirement) =>
  [on, kind, modelName, versionLabel, providerName, region].join(" ");

const COLUMNS: Column<Retirement>[] = [
  { key: "on", header: "Day", cell: ({ on }) => <Day on={on} /> },
  { key: "kind", header: "What happens", cell: ({ kind }) => (kind === "DEPRECATION" ? "Deprecated" : "Last day") },
  {
    key: "what",
    header: "Version or binding",
    cell: ({ modelName, versionLabel, providerName, region, aliasNames }) => (
      <>
        <Group gap={4}>
          <TextLink to="/models/$name" params={{ name: modelName }}>{modelName}</TextLink> {versionLabel}
          {aliasNames.map((name) => <Badge key={name} variant="filled" size="sm">{name}</Badge>)}
        </Group>
        {providerName && <Text size="sm" c="dimmed">only at {providerName}{region && ` in ${region}`}</Text>}
      </>
    ),
  },
  { key: "bindings", header: "Bindings", isNumeric: true, cell: ({ bindingCount }) => count(bindingCount) },
];
