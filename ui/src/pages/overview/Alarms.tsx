import { Code, List, Text } from "@mantine/core";

import { count } from "../../components/numbers";
import { Section } from "../../components/Section";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import type { Overview } from "./OverviewPage";

type Stats = Overview["stats"];

const LISTED_MAX = 100; // by the API

/** What is wrong now: open circuits, and versions that miss their targets. */
export function Alarms({ stats: { openCircuits, sloBreaches, bindingsByProvider } }: { stats: Stats }) {
  const open = bindingsByProvider.reduce((sum, provider) => sum + provider.openCircuits, 0);
  return (
    <>
      <Section title="Open circuits">
        {openCircuits.length === 0 ? <Text>None: no binding is left out for its failures.</Text> : (
          <List listStyleType="none" spacing="xs">
            {openCircuits.map((circuit) => <List.Item key={circuit.bindingId}><OpenCircuit circuit={circuit} /></List.Item>)}
          </List>
        )}
        {openCircuits.length >= LISTED_MAX && (
          <Text mt="xs" size="sm">
            These {count(openCircuits.length)} have been open for the longest{open > openCircuits.length && `, of ${count(open)}`}. The table of
            providers below counts all of them.
          </Text>
        )}
      </Section>
      <Section title="Targets missed">
        {sloBreaches.length === 0 ? <Text>None: each version with enough calls meets its targets.</Text> : (
          <List listStyleType="none" spacing="xs">
            {sloBreaches.map(({ versionId, modelName, versionLabel }) => (
              <List.Item key={versionId}>
                <TextLink to="/models/$name" params={{ name: modelName }} search={{ tab: "usage" }}>{modelName}</TextLink> {versionLabel}
              </List.Item>
            ))}
          </List>
        )}
        {sloBreaches.length >= LISTED_MAX && (
          <Text mt="xs" size="sm">
            These are the first {count(sloBreaches.length)} by the name of the model, and there may be more. The field <Code>versions</Code> of
            the API has all, by its filter <Code>sloStatuses: [BREACHED]</Code>.
          </Text>
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
