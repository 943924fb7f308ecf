import { Alert, Badge, Button, Group, List, Stack, Text, Title, Tooltip } from "@mantine/core";

import { type Column, DataTable } from "../../components/DataTable";
import { count, dollars } from "../../components/numbers";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import { Unknown } from "../../components/Unknown";
import { words } from "../../components/words";
import { BindingCell, figureColumns } from "./bindingColumns";
import type { Difference } from "./differences";
import { EXCLUSIONS } from "./exclusions";
import { type Entry, type Route, type RouteState, useDifferences } from "./useRoute";

type Candidate = Route["candidates"][number];
type Exclusion = Route["excluded"][number];
type Props = { state: RouteState & { route: Route }; /** Absent where no more can be left out. */ onLeaveOut?: (bindingId: string) => void };

/** The answer: who can take the call, who cannot and why, and what changed. */
export function RouteResult({ state, onLeaveOut }: Props) {
  const { route } = state;
  const { latest, log } = useDifferences(route);
  return (
    <Stack gap="md">
      <Summary state={state} />
      {route.candidates.length === 0 && <NoCandidate route={route} />}
      {route.candidates.length > 0 && <Candidates route={route} latest={latest} onLeaveOut={onLeaveOut} />}
      {route.excluded.length > 0 && <Excluded route={route} latest={latest} />}
      <Log log={log} />
    </Stack>
  );
}

function Summary({ state: { route, isLive, isDrawn, retry } }: { state: Props["state"] }) {
  return (
    <Group gap="sm" role="group" aria-label="The answer">
      <Title order={2} size="h3">
        <TextLink to="/models/$name" params={{ name: route.modelName }} inherit>{route.modelName}</TextLink> {route.versionLabel}
      </Title>
      <Badge variant="light">{words(route.strategy)}</Badge>
      <Following isLive={isLive} isDrawn={isDrawn} />
      {isDrawn && <Button size="xs" variant="default" onClick={retry}>Draw again</Button>}
      <Text size="sm" c="dimmed">
        decided <Time at={route.decidedAt} />, at revision {route.registryRevision}; a gateway may use it for{" "}
        {route.ttlSeconds} s
      </Text>
    </Group>
  );
}

function Following({ isLive, isDrawn }: { isLive: boolean; isDrawn: boolean }) {
  const [text, label] = isDrawn
    ? ["Not followed", "Each answer is another draw. Give a seed or a sticky key to follow one draw."]
    : isLive
      ? ["Followed", "What changes in this route appears by itself."]
      : ["Connecting", "This may not be the newest route."];
  return (
    <Tooltip label={label}>
      <Badge tabIndex={0} variant="dot" color={isLive ? "green" : "gray"}>{text}</Badge>
    </Tooltip>
  );
}

function NoCandidate({ route }: { route: Route }) {
  const soonest = route.excluded.find(({ retryAt }) => retryAt)?.retryAt;
  return (
    <Alert color="yellow" variant="outline" title="No binding can take this call now">
      {route.excludedCount === 0
        ? "This version has no bindings. Add one on the model's page."
        : "Each binding is excluded, for the reason beside it. Loosen the constraints, or mend what excludes it."}
      {soonest && <> The first circuit may let a call through <Time at={soonest} />.</>}
    </Alert>
  );
}

type TableProps = { route: Route; latest: readonly Difference[] };

function Candidates({ route, latest, onLeaveOut }: TableProps & Pick<Props, "onLeaveOut">) {
  const columns: Column<Candidate>[] = [
    { key: "rank", header: "Rank", isNumeric: true, cell: ({ rank }) => <Text fw={700}>{rank}</Text> },
    { key: "binding", header: "Binding", cell: ({ binding }) => <BindingCell binding={binding} latest={latest} onLeaveOut={onLeaveOut} /> },
    { key: "reasons", header: "Why here", cell: (row) => <Reasons candidate={row} /> },
    { key: "cost", header: "This call", isNumeric: true, cell: ({ expectedCost }) => <Unknown value={expectedCost}>{dollars(expectedCost ?? "0")}</Unknown> },
    ...figureColumns<Candidate>(),
  ];
  const more = route.candidateCount - route.candidates.length;
  return (
    <section aria-labelledby="candidates">
      <Title order={3} size="h4" id="candidates">Candidates ({count(route.candidateCount)})</Title>
      <DataTable caption="Candidates, best first" stays="binding" columns={columns} rows={route.candidates} rowKey={({ binding }) => binding.id} rowClass={marked(latest)} />
      {more > 0 && <Text size="sm" c="dimmed">{count(more)} more are beyond the limit.</Text>}
    </section>
  );
}

function Reasons({ candidate: { reasons, regionMatch, score } }: { candidate: Candidate }) {
  return (
    <List size="sm" className="routing-why">
      {reasons.map((reason) => <List.Item key={reason}>{reason}</List.Item>)}
      {!regionMatch && !reasons.some((reason) => reason.includes("region")) && <List.Item>outside the region</List.Item>}
      <List.Item>score {score.toFixed(3)}</List.Item>
    </List>
  );
}

function Excluded({ route, latest }: TableProps) {
  const columns: Column<Exclusion>[] = [
    { key: "binding", header: "Binding", cell: ({ binding }) => <BindingCell binding={binding} latest={latest} /> },
    { key: "reason", header: "Why not", cell: ({ reason }) => <Reason reason={reason} /> },
    { key: "since", header: "Since", cell: (row) => <Since exclusion={row} /> },
    { key: "retryAt", header: "Retry", cell: (row) => <Retry exclusion={row} /> },
    ...figureColumns<Exclusion>(),
  ];
  const more = route.excludedCount - route.excluded.length;
  return (
    <section aria-labelledby="excluded">
      <Title order={3} size="h4" id="excluded">Excluded ({count(route.excludedCount)})</Title>
      <DataTable caption="Excluded bindings, those to retry soonest first" stays="binding" columns={columns} rows={route.excluded} rowKey={({ binding }) => binding.id} rowClass={marked(latest)} />
      {more > 0 && <Text size="sm" c="dimmed">{count(more)} more are excluded.</Text>}
    </section>
  );
}

function Reason({ reason }: Pick<Exclusion, "reason">) {
  return (
    <Stack gap={2} align="flex-start" className="routing-reasons">
      <Badge variant="light" color="red" className="state-badge">{words(reason)}</Badge>
      <Text size="sm">{EXCLUSIONS[reason]}</Text>
    </Stack>
  );
}

/** What has no date, such as a status that somebody set, is in the audit log. */
function Since({ exclusion: { since, reason, binding } }: { exclusion: Exclusion }) {
  if (since) return <Time at={since} />;
  if (reason !== "NOT_ACTIVE") return <Unknown value={null} />;
  return <TextLink to="/audit" search={{ model: binding.modelName, kinds: ["BINDING", "VERSION"] }}>see its changes</TextLink>;
}

function Retry({ exclusion: { reason, retryAt } }: { exclusion: Exclusion }) {
  if (retryAt) return <Time at={retryAt} />;
  return reason === "CIRCUIT_OPEN" ? <>when somebody closes it</> : <Text c="dimmed" component="span" inherit>not by waiting</Text>;
}

function Log({ log }: { log: readonly Entry[] }) {
  return (
    <section aria-labelledby="changes">
      <Title order={3} size="h4" id="changes">What changed since you opened this</Title>
      <div role="log" aria-labelledby="changes">
        {log.length === 0 && <Text c="dimmed" size="sm">Nothing yet. A change of this route appears here, and is marked in the tables.</Text>}
        <List size="sm">
          {log.flatMap(({ at, differences }) =>
            differences.map(({ name, text }) => <List.Item key={at + name + text}><Time at={at} />: <b>{name}</b> {text}</List.Item>),
          )}
        </List>
      </div>
    </section>
  );
}

const marked = (latest: readonly Difference[]) => {
  const ids = new Set(latest.map(({ bindingId }) => bindingId));
  return ({ binding }: { binding: { id: string } }) => (ids.has(binding.id) ? "is-changed" : undefined);
};
