import { Text } from "@mantine/core";
import { useState } from "react";

import { useRegistryPages } from "../../app/pages";
import { DataTable } from "../../components/DataTable";
import { MoreButton } from "../../components/MoreButton";
import { changeBy, perMillion } from "../../components/numbers";
import { PriceDifferences } from "../../components/OtherPrices";
import { PerMillion } from "../../components/PerMillion";
import { QueryState } from "../../components/QueryState";
import { Moment } from "../../components/Time";
import { Unknown } from "../../components/Unknown";
import { PricesChangesDocument, type PricesChangesQuery } from "../../gql/graphql";
import { OfferName } from "./OfferName";
import { CHANGES_DAYS } from "./search";

type Change = PricesChangesQuery["priceChanges"]["nodes"][number];

const DAY_MS = 86_400_000;

/** Which prices have changed, and which will, newest first. */
export function Changes() {
  const [since] = useState(() => new Date(Date.now() - CHANGES_DAYS * DAY_MS).toISOString());
  const query = useRegistryPages(
    PricesChangesDocument,
    { first: 50, filter: { at: { gte: since } } },
    ({ priceChanges }) => priceChanges,
    { isTouched: ({ event }) => event.kind === "PRICE" },
  );
  return (
    <QueryState
      query={query}
      isEmpty={(changes) => changes.length === 0}
      empty={`No price has changed in the last ${CHANGES_DAYS} days, and no change is planned.`}
    >
      {(changes) => (
        <>
          <DataTable
            caption="Changes of prices, newest first"
            stays="offer"
            rows={changes}
            rowKey={({ at, binding }) => `${at} ${binding.id}`}
            columns={COLUMNS}
          />
          <MoreButton query={query} />
        </>
      )}
    </QueryState>
  );
}

const COLUMNS = [
  { key: "at", header: "Takes effect", cell: ({ at, scheduled }: Change) => <><Moment at={at} />{scheduled && " (planned)"}</> },
  { key: "offer", header: "Model and provider", cell: ({ binding }: Change) => <OfferName of={binding} tab="prices" /> },
  {
    key: "input",
    header: <PerMillion of="Input" />,
    isNumeric: true,
    cell: ({ inputPer1kBefore, inputPer1kAfter, inputChange }: Change) => <Step before={inputPer1kBefore} after={inputPer1kAfter} share={inputChange} />,
  },
  {
    key: "output",
    header: <PerMillion of="Output" />,
    isNumeric: true,
    cell: ({ outputPer1kBefore, outputPer1kAfter, outputChange }: Change) => <Step before={outputPer1kBefore} after={outputPer1kAfter} share={outputChange} />,
  },
  {
    key: "others",
    header: "Other prices",
    cell: ({ before, after }: Change) => <PriceDifferences before={before.components} after={after.components} shown={["INPUT", "OUTPUT"]} />,
  },
  { key: "source", header: "Source", cell: ({ source }: Change) => <Unknown value={source} /> },
];

function Step({ before, after, share }: { before: string | null; after: string | null; share: number | null }) {
  if (before === after) return <Text size="sm" c="dimmed">unchanged{before !== null && ` (${perMillion(before)})`}</Text>;
  return (
    <>
      <Unknown value={before}>{perMillion(before ?? "0")}</Unknown> → <Unknown value={after}>{perMillion(after ?? "0")}</Unknown>
      {share !== null && <Text size="sm">{changeBy(share)}</Text>}
    </>
  );
}
