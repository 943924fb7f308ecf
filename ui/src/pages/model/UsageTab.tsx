import { SegmentedControl, Stack, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { useRegistryPages } from "../../app/pages";
import { useChosenSeries } from "../../components/chartSeries";
import { DataTable } from "../../components/DataTable";
import { count, milliseconds, percent, successShare } from "../../components/numbers";
import { QueryState } from "../../components/QueryState";
import { SeriesChooser } from "../../components/SeriesChooser";
import { type Point, StepChart } from "../../components/StepChart";
import { Unknown } from "../../components/Unknown";
import { ModelUsageDocument, type ModelUsageQuery } from "../../gql/graphql";
import { bindingName } from "./model";
import { MoreBindings } from "./MoreBindings";
import { DAYS } from "./search";
import { bindingsOf } from "./useRest";

type UsedBinding = NonNullable<ModelUsageQuery["model"]>["bindings"]["nodes"][number];

const REFRESH_MS = 30_000; // outcomes are no changes of the registry, so no event tells of them
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** How many calls each binding had, how many succeeded, and how long they took, as gateways have reported. */
export function UsageTab({ name }: { name: string }) {
  const { days = 7 } = useSearch({ from: "/models/$name" });
  const navigate = useNavigate({ from: "/models/$name" });
  const step = days <= 7 ? "HOUR" : "DAY";
  const query = useRegistryPages(ModelUsageDocument, { name, step }, bindingsOf, {
    isTouched: () => false,
    refetchMs: REFRESH_MS,
    moving: { of: days, variables: () => rangeOf(days) },
  });
  return (
    <Stack>
      <SegmentedControl
        aria-label="How far back"
        value={String(days)}
        onChange={(value) => void navigate({ search: (search) => ({ ...search, days: Number(value) }) })}
        data={DAYS.map((each) => ({ value: String(each), label: each === 1 ? "1 day" : `${each} days` }))}
        style={{ alignSelf: "flex-start" }}
      />
      <QueryState
        query={query}
        note={<MoreBindings query={query} />}
        isEmpty={(bindings) => !bindings.some(isUsed)}
        empty="No gateway has reported a call of this model in this time. See reportOutcomes in the API."
      >
        {(bindings) => <Usage bindings={bindings.filter(isUsed)} />}
      </QueryState>
    </Stack>
  );
}

/** So many days up to now: the time that is shown goes on while the page stays open. */
function rangeOf(days: number) {
  const to = (Math.floor(Date.now() / MINUTE_MS) + 1) * MINUTE_MS;
  return { from: new Date(to - days * DAY_MS).toISOString(), to: new Date(to).toISOString() };
}

function Usage({ bindings }: { bindings: readonly UsedBinding[] }) {
  const rows = bindings.map((binding) => ({ binding, total: totalOf(binding) })).sort((a, b) => b.total.calls - a.total.calls);
  const choice = useChosenSeries(rows.map(({ binding }) => ({ key: binding.id, name: bindingName(binding) })));
  const drawn = bindings.filter(({ id }) => choice.drawn.some(({ key }) => key === id));
  return (
    <>
      <StepChart label="95th percentile of the latency" series={choice.drawn} points={points(drawn, ({ latencyMsP95 }) => latencyMsP95)} format={milliseconds} />
      <StepChart label="Success rate" series={choice.drawn} points={points(drawn, successOf)} format={percent} />
      <SeriesChooser choice={choice} noun="bindings" />
      <DataTable
        caption="Sums of this time"
        stays="binding"
        rows={rows}
        rowKey={({ binding }) => binding.id}
        columns={[
          { key: "binding", header: "Binding", cell: ({ binding }) => bindingName(binding) },
          { key: "calls", header: "Calls", isNumeric: true, cell: ({ total }) => count(total.calls) },
          { key: "failed", header: "Failed", isNumeric: true, cell: ({ total }) => count(total.failed) },
          { key: "limited", header: "Rate limited", isNumeric: true, cell: ({ total }) => count(total.limited) },
          { key: "success", header: "Succeeded", isNumeric: true, cell: ({ total }) => <Success of={total} /> },
        ]}
      />
      <Text size="sm" c="dimmed">Calls are counted as gateways report them, up to the last minute.</Text>
    </>
  );
}

type Usage = UsedBinding["usage"][number];

/** Steps without a call have a point, too. */
const isUsed = ({ usage }: UsedBinding): boolean => usage.some(({ calls }) => Number(calls) > 0);

const successOf = ({ succeeded, failed }: Usage): number | null => successShare(Number(succeeded), Number(failed));

function Success({ of: { succeeded, failed } }: { of: ReturnType<typeof totalOf> }) {
  const share = successShare(succeeded, failed);
  return <Unknown value={share}>{percent(share ?? 0)}</Unknown>;
}

function totalOf({ usage }: UsedBinding) {
  const sum = (of: (each: Usage) => number | string) => usage.reduce((total, each) => total + Number(of(each)), 0);
  return {
    calls: sum(({ calls }) => calls),
    succeeded: sum(({ succeeded }) => succeeded),
    failed: sum(({ failed }) => failed),
    limited: sum(({ rateLimited }) => rateLimited),
  };
}

/** One point for each time that any binding has a figure of. */
function points(bindings: readonly UsedBinding[], valueOf: (usage: Usage) => number | null): Point[] {
  const byTime = new Map<number, Record<string, number | null>>();
  for (const { id, usage } of bindings) {
    for (const each of usage) {
      const at = Date.parse(each.at);
      byTime.set(at, { ...byTime.get(at), [id]: valueOf(each) });
    }
  }
  return [...byTime].sort(([a], [b]) => a - b).map(([at, values]) => ({ at, ...values }) as Point);
}
