import { Button, SegmentedControl, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { useRegistryPages } from "../../app/pages";
import { DataTable } from "../../components/DataTable";
import { count, perMillion } from "../../components/numbers";
import { OtherPrices } from "../../components/OtherPrices";
import { QueryState } from "../../components/QueryState";
import { StepChart } from "../../components/StepChart";
import { Moment } from "../../components/Time";
import { Unknown } from "../../components/Unknown";
import { ModelPricesDocument, type ModelPricesQuery } from "../../gql/graphql";
import { useOpenDialog } from "./edit/editing";
import { bindingName, touches } from "./model";
import { MoreBindings } from "./MoreBindings";
import { type Meter, pricePoints } from "./pricePoints";
import { bindingsOf } from "./useRest";

export type Price = PricedBinding["prices"]["nodes"][number];
export type PricedBinding = NonNullable<ModelPricesQuery["model"]>["bindings"]["nodes"][number];

/** The prices of all bindings over time: as steps, and as a table. */
export function PricesTab({ name }: { name: string }) {
  const query = useRegistryPages(ModelPricesDocument, { name }, bindingsOf, { isTouched: touches(name) });
  return (
    <QueryState
      query={query}
      isEmpty={(bindings) => !query.hasNextPage && !bindings.some(({ prices }) => prices.nodes.length > 0)}
      empty="No price of this model is known."
    >
      {(bindings) => (
        <Stack>
          <MoreBindings query={query} />
          <Prices bindings={bindings} />
        </Stack>
      )}
    </QueryState>
  );
}

function Prices({ bindings }: { bindings: readonly PricedBinding[] }) {
  const [meter, setMeter] = useState<Meter>("inputPer1k");
  const open = useOpenDialog();
  const priced = bindings.filter(({ prices }) => prices.nodes.length > 0);
  const rows = priced.flatMap((binding) => binding.prices.nodes.map((price) => ({ binding, price })));
  return (
    <Stack>
      <SegmentedControl
        aria-label="Which price"
        value={meter}
        onChange={(value) => setMeter(value as Meter)}
        data={[{ value: "inputPer1k", label: "Input" }, { value: "outputPer1k", label: "Output" }]}
        style={{ alignSelf: "flex-start" }}
      />
      <StepChart
        label={`${meter === "inputPer1k" ? "Input" : "Output"} price per 1M tokens, of each binding. The table below has the same prices.`}
        series={priced.map((binding) => ({ key: binding.id, name: bindingName(binding) }))}
        points={pricePoints(priced, meter)}
        format={(value) => `$${value}`}
        isStepped
      />
      {priced.filter(({ prices }) => prices.pageInfo.hasNextPage).map((binding) => (
        <Text key={binding.id} size="sm">
          Of {bindingName(binding)} the {count(binding.prices.nodes.length)} newest prices are shown; the audit log has all.
        </Text>
      ))}
      <DataTable
        caption="Prices of all bindings"
        rows={rows}
        rowKey={({ price }) => price.id}
        columns={[
          { key: "binding", header: "Binding", cell: ({ binding }) => bindingName(binding) },
          { key: "from", header: "From", cell: ({ price }) => (price.effectiveFrom ? <Moment at={price.effectiveFrom} /> : "the beginning") },
          { key: "to", header: "To", cell: ({ price }) => (price.effectiveTo ? <Moment at={price.effectiveTo} /> : price.scheduled ? "planned" : "now") },
          { key: "input", header: "Input per 1M tokens", isNumeric: true, cell: ({ price }) => <Amount of={price.inputPer1k} /> },
          { key: "output", header: "Output per 1M tokens", isNumeric: true, cell: ({ price }) => <Amount of={price.outputPer1k} /> },
          { key: "cached", header: "Cached input per 1M tokens", isNumeric: true, cell: ({ price }) => <Amount of={price.cacheReadPer1k} /> },
          { key: "others", header: "Other prices", cell: (row) => <Others {...row} /> },
          ...(open ? [{ key: "withdraw", header: <span className="sr-only">Actions</span>, cell: (row: (typeof rows)[number]) => <Withdraw {...row} /> }] : []),
          { key: "source", header: "Source", cell: ({ price }) => <Unknown value={price.source} /> },
        ]}
      />
    </Stack>
  );
}

function Amount({ of }: { of: string | null }) {
  return <Unknown value={of}>{perMillion(of ?? "0")}</Unknown>;
}

/** The components of the price in effect; those of all prices would be more than one query may ask for. */
function Others({ binding, price }: { binding: PricedBinding; price: Price }) {
  if (binding.price?.id === price.id) return <OtherPrices price={binding.price} shown={["INPUT", "OUTPUT", "CACHE_READ"]} />;
  return <Text size="sm" c="dimmed">only those of the price in effect are shown</Text>;
}

/** A price that is in effect or planned can be withdrawn; one that has ended is history. */
function Withdraw({ binding, price }: { binding: PricedBinding; price: Price }) {
  const open = useOpenDialog();
  if (!open || (price.effectiveTo && !price.scheduled)) return null;
  const name = bindingName(binding);
  return (
    <Button size="compact-xs" variant="default" aria-label={`Withdraw the price of ${name}`} onClick={() => open({ kind: "withdrawPrice", price, bindingName: name })}>
      Withdraw
    </Button>
  );
}
