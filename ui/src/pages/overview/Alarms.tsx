import { List, Text } from "@mantine/core";

import { Section } from "../../components/Section";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import type { Overview } from "./OverviewPage";

type Stats = Overview["stats"];

/** What is wrong now: open circuits, and versions that miss their service level objectives. */
export function Alarms({ stats: { openCircuits, sloBreaches } }: { stats: Stats }) {
  return (
    <>
      <Section title="Open circuits">
        {openCircuits.length === 0 ? <Text>None: no binding is left out for its failures.</Text> : (
          <List listStyleType="none" spacing="xs">
            {openCircuits.map((circuit) => <List.Item key={circuit.bindingId}><OpenCircuit circuit={circuit} /></List.Item>)}
          </List>
        )}
      </Section>
      <Section title="Service level objectives missed">
        {sloBreaches.length === 0 ? <Text>None: each version with enough calls meets its objectives.</Text> : (
          <List listStyleType="none" spacing="xs">
            {sloBreaches.map(({ versionId, modelName, versionLabel }) => (
              <List.Item key={versionId}>
                <TextLink to="/models/$name" params={{ name: modelName }} search={{ tab: "usage" }}>{modelName}</TextLink> {versionLabel}
              </List.Item>
            ))}
          </List>
        )}
      </Section>
    </>
  );
}

function OpenCircuit({ circuit }: { circuit: Stats["openCircuits"][number] }) {
  const { modelName, versionLabel, providerSlug, providerModelId, region, since, until, reason } = circuit;
  return (
    <>
      <TextLink to="/models/$name" params={{ name: modelName }} search={{ tab: "bindings" }}>{modelName}</TextLink> {versionLabel}{" "}
      at {providerSlug}{region && ` ${region}`} <span className="mono">{providerModelId}</span>
      <Text size="sm" c="dimmed">
        {reason}{since && <> since <Time at={since} /></>}{until && <>, next trial <Time at={until} /></>}
      </Text>
    </>
  );
}
