import { List, Text } from "@mantine/core";

import { PriceChange } from "../../components/PriceChange";
import { compareKinds, componentText, isBase, isComponents } from "../../components/priceComponents";
import { Section } from "../../components/Section";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import { words } from "../../components/words";
import type { Overview } from "./OverviewPage";

const COMPONENTS_SHOWN = 3; // of a price

/** The newest changes; the list renews itself with each one. */
export function LatestChanges({ events: { nodes, pageInfo } }: { events: Overview["auditEvents"] }) {
  return (
    <Section title="Latest changes">
      <List listStyleType="none" spacing={4}>
        {nodes.map(({ id, at, actor, action, kind, subjectId, subjectName, modelName, changes }) => (
          <List.Item key={id}>
            <TextLink to="/audit" search={{ event: id }}>{words(kind)} {words(action)}</TextLink>{" "}
            {modelName ? <TextLink to="/models/$name" params={{ name: modelName }}>{modelName}</TextLink> : subjectName}
            <Text size="sm" c="dimmed" span> by {actor}, <Time at={at} /></Text>
            {kind === "PRICE" && <NewPrice components={changes.find(({ field }) => field === "components")?.after} />}
            {kind === "PRICE" && subjectId && <PriceChange binding={subjectId} changes={changes} />}
          </List.Item>
        ))}
      </List>
      <Text mt="xs" size="sm">
        {pageInfo.hasNextPage && `These are the ${nodes.length} latest. `}<TextLink to="/audit">The audit log has all changes</TextLink>
      </Text>
    </Section>
  );
}

/** What a price that was added says: its first components, and how many others it has. */
function NewPrice({ components }: { components: unknown }) {
  if (!isComponents(components)) return null;
  const sorted = components.toSorted((a, b) => Number(isBase(b)) - Number(isBase(a)) || compareKinds(a, b));
  const texts = sorted.map(componentText);
  const more = texts.length - COMPONENTS_SHOWN;
  return <Text size="sm">{texts.slice(0, COMPONENTS_SHOWN).join("; ")}{more > 0 && `; and ${more} more`}</Text>;
}
