import { Badge, Group, Stack, Text } from "@mantine/core";

import { useMay } from "../../app/viewer";
import { StateBadge } from "../../components/Badges";
import { Capabilities } from "../../components/Capabilities";
import { DataTable } from "../../components/DataTable";
import { inEffect } from "../../components/inEffect";
import { MoreButton } from "../../components/MoreButton";
import { count, milliseconds, percent, perMillion } from "../../components/numbers";
import { OtherPrices } from "../../components/OtherPrices";
import { PerMillion } from "../../components/PerMillion";
import { Empty, QueryError } from "../../components/QueryState";
import { Day, Time } from "../../components/Time";
import { Unknown } from "../../components/Unknown";
import { words } from "../../components/words";
import { ModelMoreBindingsDocument } from "../../gql/graphql";
import { AddButton, BindingMenu } from "./edit/menus";
import type { Binding, Model } from "./model";
import { useRest } from "./useRest";

/** Who serves the model: price, health, circuit and limits of each binding. */
export function BindingsTab({ model }: { model: Model }) {
  const { nodes, more, error } = useRest(model.name, model.bindings, ModelMoreBindingsDocument, ({ model }) => model?.bindings);
  const versionOf = ({ versionLabel }: Binding) => model.versions.nodes.find(({ version }) => version === versionLabel);
  const mayWrite = useMay("EDITOR");
  const add = model.versions.nodes.length > 0 && <AddButton label="Create a binding" dialog={{ kind: "createBinding" }} />;
  if (nodes.length === 0) return <>{add}<Empty>No provider serves this model yet.</Empty></>;
  return (
    <Stack>
      {add}
      <DataTable
        caption="Provider bindings"
        stays="provider"
        rows={nodes}
        rowKey={(binding) => binding.id}
        columns={[
          ...(mayWrite ? [{ key: "actions", header: <span className="sr-only">Actions</span>, cell: (binding: Binding) => <BindingMenu binding={binding} /> }] : []),
          { key: "provider", header: "Provider", cell: (binding) => <Name binding={binding} /> },
          { key: "version", header: "Version", cell: ({ versionLabel }) => versionLabel },
          { key: "status", header: "Status", cell: (binding) => <Status binding={binding} /> },
          { key: "input", header: <PerMillion of="Input" />, isNumeric: true, cell: ({ price }) => <Unknown value={price?.inputPer1k}>{perMillion(price?.inputPer1k ?? "0")}</Unknown> },
          { key: "output", header: <PerMillion of="Output" />, isNumeric: true, cell: ({ price }) => <Unknown value={price?.outputPer1k}>{perMillion(price?.outputPer1k ?? "0")}</Unknown> },
          { key: "tiers", header: "Other prices", cell: ({ price }) => <OtherPrices price={price} shown={["INPUT", "OUTPUT"]} /> },
          { key: "health", header: "Health", cell: (binding) => <Health binding={binding} /> },
          { key: "limits", header: "Limits a minute", cell: (binding) => <Limits binding={binding} /> },
          { key: "context", header: "Context window", isNumeric: true, cell: (binding) => <Amount of={inEffect(binding, versionOf(binding)).contextWindow} /> },
          { key: "maxOutput", header: "Max. output", isNumeric: true, cell: (binding) => <Amount of={inEffect(binding, versionOf(binding)).maxOutputTokens} /> },
          { key: "capabilities", header: "Capabilities", cell: (binding) => <Capabilities of={inEffect(binding, versionOf(binding)).capabilities} /> },
        ]}
      />
      {error && <QueryError error={error} />}
      <MoreButton query={more} />
    </Stack>
  );
}

const Amount = ({ of }: { of: number | null }) => <Unknown value={of}>{count(of ?? 0)}</Unknown>;

function Name({ binding: { providerName, providerModelId, region } }: { binding: Binding }) {
  return (
    <>
      <Text fw={600}>{providerName}{region && <Text span c="dimmed"> {region}</Text>}</Text>
      <span className="mono">{providerModelId}</span>
    </>
  );
}

function Status({ binding: { status, routable, sunsetOn } }: { binding: Binding }) {
  return (
    <Stack gap={2} align="flex-start">
      <StateBadge state={status} />
      {!routable && <Badge variant="outline" color="red">not routable</Badge>}
      {sunsetOn && <Text size="sm">until <Day on={sunsetOn} /></Text>}
    </Stack>
  );
}

function Health({ binding: { health } }: { binding: Binding }) {
  const { state, samples, circuit, successRate, latencyMsP95, windowMinutes } = health;
  return (
    <Stack gap={2} align="flex-start">
      <Group gap={4} wrap="nowrap">
        <StateBadge state={state} />
        {circuit.state !== "CLOSED" && <Badge color="red" variant="filled">circuit {words(circuit.state)}</Badge>}
      </Group>
      {samples > 0 && (
        <Text size="sm">
          {successRate !== null && `${percent(successRate)} of `}{count(samples)} calls succeeded in {windowMinutes} minutes
          {latencyMsP95 !== null && `, p95 ${milliseconds(latencyMsP95)}`}
        </Text>
      )}
      {circuit.state !== "CLOSED" && (
        <Text size="sm">
          {circuit.reason}{circuit.changedAt && <> since <Time at={circuit.changedAt} /></>}
          {circuit.openUntil && <>, next trial <Time at={circuit.openUntil} /></>}
        </Text>
      )}
    </Stack>
  );
}

function Limits({ binding: { requestsPerMinute, tokensPerMinute } }: { binding: Binding }) {
  if (requestsPerMinute === null && tokensPerMinute === null) return <Unknown value={null} />;
  return (
    <Stack gap={0}>
      {requestsPerMinute !== null && <span>{count(requestsPerMinute)} requests</span>}
      {tokensPerMinute !== null && <span>{count(tokensPerMinute)} tokens</span>}
    </Stack>
  );
}
