import { Text, Title } from "@mantine/core";

import { DataTable } from "../../components/DataTable";
import { count, milliseconds, percent } from "../../components/numbers";
import { TextLink } from "../../components/TextLink";
import { Unknown } from "../../components/Unknown";
import type { Overview } from "./OverviewPage";

type Provider = Overview["stats"]["bindingsByProvider"][number];

/** How well each provider serves. */
export function ProviderHealth({ providers, total }: { providers: readonly Provider[]; total: number }) {
  return (
    <section aria-label="Health by provider">
      <Title order={2} size="h4" my="md">Health by provider</Title>
      {providers.length < total && (
        <Text mb="xs">These are the {count(providers.length)} providers with the most bindings, of {count(total)}.</Text>
      )}
      <DataTable caption="Health by provider" stays="provider" rows={providers} rowKey={({ slug }) => slug} columns={COLUMNS} />
    </section>
  );
}

const number = (key: string, header: string, of: (provider: Provider) => number) => ({
  key,
  header,
  isNumeric: true,
  cell: (provider: Provider) => count(of(provider)),
});

const COLUMNS = [
  {
    key: "provider",
    header: "Provider",
    cell: ({ slug, name }: Provider) => <TextLink to="/models" search={{ providers: [slug] }}>{name}</TextLink>,
  },
  number("bindings", "Bindings", ({ bindings }) => bindings),
  number("routable", "Can be called", ({ routable }) => routable),
  number("healthy", "Healthy", ({ healthy }) => healthy),
  number("degraded", "Degraded", ({ degraded }) => degraded),
  number("unhealthy", "Unhealthy", ({ unhealthy }) => unhealthy),
  number("circuits", "Open circuits", ({ openCircuits }) => openCircuits),
  {
    key: "success",
    header: "Success rate",
    isNumeric: true,
    cell: ({ successRateAvg }: Provider) => <Unknown value={successRateAvg}>{percent(successRateAvg ?? 0)}</Unknown>,
  },
  {
    key: "latency",
    header: "Latency",
    isNumeric: true,
    cell: ({ latencyMsAvg }: Provider) => <Unknown value={latencyMsAvg}>{milliseconds(latencyMsAvg ?? 0)}</Unknown>,
  },
];
