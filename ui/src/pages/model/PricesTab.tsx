import "./prices.css";

import { Button, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { useRegistryPages } from "../../app/pages";
import { DataTable } from "../../components/DataTable";
import { compareDecimals } from "../../components/decimals";
import { count, perMillion } from "../../components/numbers";
import { OtherPrices, PriceDifferences } from "../../components/OtherPrices";
import type { Component } from "../../components/priceComponents";
import { PerMillion } from "../../components/PerMillion";
import { QueryError, QueryState } from "../../components/QueryState";
import { Moment } from "../../components/Time";
import { Unknown } from "../../components/Unknown";
import { ModelPricesDocument } from "../../gql/graphql";
import { useOpenDialog } from "./edit/editing";
import { bindingName, touches } from "./model";
import { MoreBindings } from "./MoreBindings";
import { PriceChart } from "./PriceChart";
import { baseComponents, type Price, type PricedBinding } from "./pricePoints";
import { usePriceComponents } from "./usePriceComponents";
import { bindingsOf } from "./useRest";
import { useWithdrawable } from "./useWithdrawable";

const ROWS_MAX = 100; // that are shown at once: the components of each are read for its row

/** The prices of all bindings over time: as steps, and as a table. */
export function PricesTab({ name }: { name: string }) {
  const query = useRegistryPages(ModelPricesDocument, { name }, bindingsOf, { isTouched: touches(name) });
  return (
    <Stack>
      <QueryState
        query={query}
        note={<MoreBindings query={query} />}
        isEmpty={(bindings) => !bindings.some(isPriced)}
        empty="No price of this model is known."
      >
        {(bindings) => <Prices bindings={bindings.filter(isPriced).toSorted(byInterest)} />}
      </QueryState>
    </Stack>
  );
}

const isPriced = ({ prices }: PricedBinding): boolean => prices.nodes.length > 0;
const inputNow = ({ prices }: PricedBinding) => prices.nodes.find(({ scheduled }) => !scheduled)?.inputPer1k ?? null;

/** Those whose price has changed most often come first, then the cheapest. */
function byInterest(a: PricedBinding, b: PricedBinding): number {
  const changes = b.prices.nodes.length - a.prices.nodes.length;
  if (changes !== 0) return changes;
  const [one, other] = [inputNow(a), inputNow(b)];
  return one === null || other === null ? Number(one === null) - Number(other === null) : compareDecimals(one, other);
}

type Row = { binding: PricedBinding; price: Price; /** The price that this one replaced. */ before: Price | undefined };

function rowsOf(binding: PricedBinding): Row[] {
  return binding.prices.nodes.map((price, place) => ({ binding, price, before: binding.prices.nodes[place + 1] }));
}

function Prices({ bindings }: { bindings: readonly PricedBinding[] }) {
  const [shown, setShown] = useState(ROWS_MAX);
  const all = bindings.flatMap(rowsOf);
  const rows = all.slice(0, shown);
  const ids = [...new Set(rows.flatMap(({ price, before }) => (before ? [price.id, before.id] : [price.id])))];
  const { componentsOf, isReading, error } = usePriceComponents(ids);
  const cut = bindings.filter(({ prices }) => prices.pageInfo.hasNextPage);
  return (
    <>
      <PriceChart bindings={bindings} isReading={isReading} componentsOf={(price) => componentsOf(price.id) ?? baseComponents(price)} />
      {error && <QueryError error={error} />}
      <PriceTable rows={rows} componentsOf={componentsOf} />
      {rows.length < all.length && (
        <>
          <Text c="dimmed">
            {count(rows.length)} of {count(all.length)} prices are shown. The chart offers the tiers, batches and other meters of these.
          </Text>
          <Button variant="default" style={{ alignSelf: "flex-start" }} onClick={() => setShown(shown + ROWS_MAX)}>Show more prices</Button>
        </>
      )}
      {cut.map((binding) => (
        <Text key={binding.id} size="sm">
          Of {bindingName(binding)} the {count(binding.prices.nodes.length)} newest prices are shown; the audit log has all.
        </Text>
      ))}
    </>
  );
}

type TableProps = { rows: readonly Row[]; componentsOf: (id: string) => readonly Component[] | undefined };

function PriceTable({ rows, componentsOf }: TableProps) {
  const open = useOpenDialog();
  const { isWithdrawable, isCatalogs, isCut, error } = useWithdrawable(open !== null);
  const table = (
    <DataTable
      caption="Prices of all bindings"
      stays="binding"
      rows={rows}
      rowKey={({ price }) => price.id}
      rowClass={() => "price-row"}
      columns={[
        { key: "binding", header: "Binding", cell: ({ binding }) => <div className="wide-cell">{bindingName(binding)}</div> },
        { key: "time", header: "In effect", cell: ({ price }) => <InEffect price={price} /> },
        { key: "input", header: <PerMillion of="Input" />, isNumeric: true, cell: ({ price }) => <Amount of={price.inputPer1k} /> },
        { key: "output", header: <PerMillion of="Output" />, isNumeric: true, cell: ({ price }) => <Amount of={price.outputPer1k} /> },
        { key: "cached", header: <PerMillion of="Cached input" />, isNumeric: true, cell: ({ price }) => <Amount of={price.cacheReadPer1k} /> },
        { key: "changed", header: "Changed", cell: (row) => <Changed row={row} componentsOf={componentsOf} /> },
        { key: "others", header: "Other prices", cell: ({ price }) => <Others components={componentsOf(price.id)} /> },
        { key: "source", header: "Source", cell: (row) => <Source row={row} mayWithdraw={open !== null && isWithdrawable(row.price, componentsOf(row.price.id))} /> },
      ]}
    />
  );
  return (
    <>
      {error && <QueryError error={error} />}
      {table}
      {open && rows.some(({ price }) => isCatalogs(price)) && (
        <Text size="sm">A price in effect whose source is a catalog cannot be withdrawn: set another price of the binding, which holds instead of it.</Text>
      )}
      {open && isCut && <Text size="sm">There are more catalogs than are read here: a price of another one is refused when it is withdrawn.</Text>}
    </>
  );
}

function InEffect({ price: { effectiveFrom, effectiveTo, scheduled } }: { price: Price }) {
  return (
    <div className="price-time">
      <div>from {effectiveFrom ? <Moment at={effectiveFrom} /> : "the beginning"}</div>
      <div>{effectiveTo ? <>to <Moment at={effectiveTo} /></> : scheduled ? "planned" : "to now"}</div>
    </div>
  );
}

/** Who has set a price, and taking it back. */
function Source({ row, mayWithdraw }: { row: Row; mayWithdraw: boolean }) {
  return (
    <Stack gap={4} align="flex-start">
      <Unknown value={row.price.source} />
      {mayWithdraw && <Withdraw {...row} />}
    </Stack>
  );
}

function Amount({ of }: { of: string | null }) {
  return <Unknown value={of}>{perMillion(of ?? "0")}</Unknown>;
}

const Reading = () => <Text size="sm" c="dimmed">…</Text>;

function Others({ components }: { components: readonly Component[] | undefined }) {
  if (!components) return <Reading />;
  return <OtherPrices price={{ components }} shown={["INPUT", "OUTPUT", "CACHE_READ"]} />;
}

/** What differs from the price before, in all components. */
function Changed({ row: { binding, price, before }, componentsOf }: { row: Row; componentsOf: TableProps["componentsOf"] }) {
  if (!before) return <Text size="sm" c="dimmed">{binding.prices.pageInfo.hasNextPage ? "the one before is not shown" : "the first one known"}</Text>;
  const [old, now] = [componentsOf(before.id), componentsOf(price.id)];
  return old && now ? <PriceDifferences before={old} after={now} /> : <Reading />;
}

function Withdraw({ binding, price }: Row) {
  const open = useOpenDialog();
  if (!open) return null;
  const name = bindingName(binding);
  return (
    <Button size="compact-xs" variant="default" aria-label={`Withdraw the price of ${name}`} onClick={() => open({ kind: "withdrawPrice", price, bindingName: name })}>
      Withdraw
    </Button>
  );
}
