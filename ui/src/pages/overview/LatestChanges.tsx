import { List, Text } from "@mantine/core";

import { Section } from "../../components/Section";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import { words } from "../../components/words";
import type { Overview } from "./OverviewPage";

/** The newest changes; the list renews itself with each one. */
export function LatestChanges({ events: { nodes, pageInfo } }: { events: Overview["auditEvents"] }) {
  return (
    <Section title="Latest changes">
      <List listStyleType="none" spacing={4}>
        {nodes.map(({ id, at, actor, action, kind, subjectName, modelName }) => (
          <List.Item key={id}>
            <TextLink to="/audit" search={{ event: id }}>{words(kind)} {words(action)}</TextLink>{" "}
            {modelName ? <TextLink to="/models/$name" params={{ name: modelName }}>{modelName}</TextLink> : subjectName}
            <Text size="sm" c="dimmed" span> by {actor}, <Time at={at} /></Text>
          </List.Item>
        ))}
      </List>
      <Text mt="xs" size="sm">
        {pageInfo.hasNextPage && `These are the ${nodes.length} latest. `}<TextLink to="/audit">The audit log has all changes</TextLink>
      </Text>
    </Section>
  );
}
