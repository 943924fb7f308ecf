import { Text } from "@mantine/core";
import { useState } from "react";

import { useRegistryQuery } from "../app/queries";
import { PriceChangeDocument } from "../gql/graphql";
import { FoldButton } from "./FoldedList";
import { PriceDifferences } from "./OtherPrices";
import { QueryState } from "./QueryState";

type Change = { field: string; after: unknown };

/** When the price takes effect that an event has added; undefined for another event, and for a price of unknown start. */
function startOf(changes: readonly Change[]): string | undefined {
  const after = changes.find(({ field }) => field === "effectiveFrom")?.after;
  return typeof after === "string" ? after : undefined;
}

/** Tells on request what an event of a price changed: the event itself has the new price alone. */
export function PriceChange({ binding, changes }: { binding: string; changes: readonly Change[] }) {
  const [isOpen, setOpen] = useState(false);
  const start = startOf(changes);
  if (start === undefined) return null;
  return (
    <>
      <FoldButton isOpen={isOpen} onToggle={() => setOpen(!isOpen)}>Against the price before</FoldButton>
      {isOpen && <Difference binding={binding} start={start} />}
    </>
  );
}

function Difference({ binding, start }: { binding: string; start: string }) {
  const end = new Date(Date.parse(start) + 1).toISOString(); // a range has no last moment
  const query = useRegistryQuery(PriceChangeDocument, { binding, since: start, before: end }, { isTouched: ({ event }) => event.kind === "PRICE" });
  return (
    <QueryState query={query}>
      {({ priceChanges: { nodes: [change] } }) =>
        change ? (
          <PriceDifferences before={change.before.components} after={change.after.components} isUnfolded />
        ) : (
          <Text size="sm">It replaced no other price, or it is not there any more.</Text>
        )}
    </QueryState>
  );
}
