import { Stack, Text } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";

import { useRegistryPages } from "../../app/pages";
import { Capabilities } from "../../components/Capabilities";
import { DataTable } from "../../components/DataTable";
import { MoreButton } from "../../components/MoreButton";
import { count, dollars } from "../../components/numbers";
import { QueryState } from "../../components/QueryState";
import { Day } from "../../components/Time";
import { Unknown } from "../../components/Unknown";
import { words } from "../../components/words";
import { PricesCheapestDocument, type PricesCheapestQuery } from "../../gql/graphql";
import { Needs } from "./Needs";
import { OfferName } from "./OfferName";
import { filterOf, usageOf } from "./search";

type Offer = PricesCheapestQuery["bindings"]["nodes"][number];

/** The bindings that fulfil the needs, the cheapest for such a call first. */
export function Cheapest() {
  const search = useSearch({ from: "/prices" });
  const query = useRegistryPages(
    PricesCheapestDocument,
    { first: 50, filter: filterOf(search), usage: usageOf(search) },
    ({ bindings }) => bindings,
    { isTouched: ({ event }) => ["BINDING", "PRICE", "VERSION"].includes(event.kind) },
  );
  return (
    <>
      <Needs search={search} />
      <QueryState
        query={query}
        isEmpty={(offers) => offers.length === 0}
        empty="No binding that can be called now fulfils all of these needs. Ask for less, or reset the form."
      >
        {(offers) => (
          <div aria-busy={query.isPlaceholderData}>
            <DataTable caption="Offers, the cheapest first" stays="offer" rows={offers} rowKey={({ id }) => id} columns={COLUMNS} />
            <MoreButton query={query} />
          </div>
        )}
      </QueryState>
    </>
  );
}

const COLUMNS = [
  { key: "cost", header: "Cost of 1,000 calls", isNumeric: true, cell: (offer: Offer) => <Cost offer={offer} /> },
  {
    key: "offer",
    header: "Model and provider",
    cell: (offer: Offer) => (
      <OfferName of={offer}>{offer.version.status === "DEPRECATED" && <Text size="sm">deprecated</Text>}</OfferName>
    ),
  },
  {
    key: "context",
    header: "Context window",
    isNumeric: true,
    cell: ({ contextWindow, version }: Offer) => {
      const known = contextWindow ?? version.contextWindow;
      return <Unknown value={known}>{count(known ?? 0)}</Unknown>;
    },
  },
  {
    key: "capabilities",
    header: "Capabilities",
    cell: ({ capabilities, version }: Offer) => <Capabilities of={capabilities ?? version.capabilities} />,
  },
  {
    key: "until",
    header: "Served until",
    cell: ({ sunsetOn, version }: Offer) => {
      const [last] = [sunsetOn, version.sunsetOn].filter((day) => day !== null).sort();
      return last ? <Day on={last} /> : <Unknown value={null} />;
    },
  },
];

function Cost({ offer: { estimateCost } }: { offer: Offer }) {
  const { amount, unpriced, parts } = estimateCost;
  if (amount === null) return <Text size="sm">unknown: no price for {unpriced.map(words).join(", ")}</Text>;
  const details = parts.map((part) => `${words(part.meter)} ${dollars(part.amount, 3)}`).join(", ");
  return (
    <Stack gap={0}>
      <Text fw={600} span>{dollars(amount, 3)}</Text>
      <Text size="xs" c="dimmed">{details}</Text>
    </Stack>
  );
}
