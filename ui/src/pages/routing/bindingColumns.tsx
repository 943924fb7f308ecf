// What the tables of candidates and of excluded bindings both show of a binding.
import { Badge, Button, Code, CopyButton, Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { Check, Copy } from "lucide-react";

import { StateBadge } from "../../components/Badges";
import type { Column } from "../../components/DataTable";
import { FoldedList } from "../../components/FoldedList";
import { count, milliseconds, percent, perMillion } from "../../components/numbers";
import { compareKinds, componentText, kindKey, otherComponents } from "../../components/priceComponents";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import { Unknown } from "../../components/Unknown";
import { type Binding, bindingName, type Difference } from "./differences";

type Row = { binding: Binding };

type BindingProps = { binding: Binding; latest: readonly Difference[]; onLeaveOut?: (bindingId: string) => void };

export function BindingCell({ binding, latest, onLeaveOut }: BindingProps) {
  const changes = latest.filter(({ bindingId }) => bindingId === binding.id);
  return (
    <Stack gap={2} className="routing-binding">
      <TextLink to="/models/$name" params={{ name: binding.modelName }} fw={600}>{binding.providerName}</TextLink>
      <Code>{binding.providerModelId}</Code>
      <Group gap="xs">
        <Text size="xs" c="dimmed">{binding.region ?? "no region"}</Text>
        {onLeaveOut && (
          <Button size="compact-xs" variant="subtle" aria-label={`Leave out ${bindingName(binding)}`} onClick={() => onLeaveOut(binding.id)}>
            Leave out
          </Button>
        )}
      </Group>
      <Address binding={binding} />
      {changes.map(({ text }) => (
        <Badge key={text} variant="filled" color="indigo" className="routing-change" aria-label={`changed: ${text}`}>{text}</Badge>
      ))}
    </Stack>
  );
}

export function figureColumns<R extends Row>(): Column<R>[] {
  return [
    { key: "price", header: "Per 1M tokens", cell: ({ binding }) => <PriceCell binding={binding} /> },
    { key: "health", header: "Health", cell: ({ binding }) => <HealthCell binding={binding} /> },
    { key: "circuit", header: "Circuit", cell: ({ binding }) => <CircuitCell binding={binding} /> },
    { key: "latency", header: "Latency", cell: ({ binding }) => <LatencyCell binding={binding} /> },
  ];
}

function PriceCell({ binding: { price } }: Row) {
  if (!price || price.components.length === 0) return <Unknown value={null} />;
  const others = otherComponents(price.components, ["INPUT", "OUTPUT"]).sort(compareKinds);
  const hasTokens = price.inputPer1k !== null || price.outputPer1k !== null;
  const amount = (value: string | null) => <Unknown value={value}>{value !== null && perMillion(value)}</Unknown>;
  return (
    <Stack gap={0} className="routing-figures">
      {hasTokens && <span>{amount(price.inputPer1k)} in</span>}
      {hasTokens && <span>{amount(price.outputPer1k)} out</span>}
      <FoldedList title={`${others.length} other prices`} items={others.map((each) => ({ key: kindKey(each), shown: componentText(each) }))} />
    </Stack>
  );
}

function HealthCell({ binding: { health, successRate } }: Row) {
  return (
    <Stack gap={2} align="flex-start">
      <StateBadge state={health.state} />
      {successRate !== null && <Text size="xs">{percent(successRate)} succeed</Text>}
      {health.samples > 0 && (
        <Text size="xs" c="dimmed">{count(health.samples)} calls in {health.windowMinutes} min</Text>
      )}
    </Stack>
  );
}

function CircuitCell({ binding: { health: { circuit } } }: Row) {
  return (
    <Stack gap={2} align="flex-start" className="routing-circuit">
      <StateBadge state={circuit.state} />
      {circuit.state !== "CLOSED" && circuit.reason && <Text size="xs">{circuit.reason}</Text>}
      {circuit.state === "OPEN" && (
        <Text size="xs" c="dimmed">
          {circuit.openUntil ? <>until <Time at={circuit.openUntil} /></> : "until somebody closes it"}
        </Text>
      )}
      {circuit.trialUntil && <Text size="xs" c="dimmed">trial until <Time at={circuit.trialUntil} /></Text>}
      {circuit.consecutiveFailures > 0 && <Text size="xs">{count(circuit.consecutiveFailures)} failures in a row</Text>}
    </Stack>
  );
}

function LatencyCell({ binding: { health, latencyMs } }: Row) {
  if (health.latencyMsP95 === null) {
    if (latencyMs === null) return <Unknown value={null} />;
    return <Stack gap={0} className="routing-figures"><span>{milliseconds(latencyMs)}</span><Text size="xs" c="dimmed">as stated</Text></Stack>;
  }
  return (
    <Stack gap={0} className="routing-figures">
      <span>{milliseconds(health.latencyMsP95)} p95</span>
      {health.latencyMsP50 !== null && <Text size="xs" c="dimmed">{milliseconds(health.latencyMsP50)} median</Text>}
    </Stack>
  );
}

function Address({ binding: { url } }: Row) {
  if (url === null) return <Text size="xs" c="dimmed">address unknown</Text>;
  return (
    <Group gap={4} wrap="nowrap" align="flex-start">
      <span className="mono routing-address">{url}</span>
      <CopyButton value={url}>
        {({ copied, copy }) => (
          <UnstyledButton onClick={copy} aria-label={copied ? "Copied" : `Copy ${url}`}>
            {copied ? <Check size={14} /> : <Copy size={14} />}
          </UnstyledButton>
        )}
      </CopyButton>
    </Group>
  );
}
