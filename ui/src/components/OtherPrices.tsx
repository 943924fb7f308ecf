import { Text } from "@mantine/core";

import type { PriceMeter } from "../gql/graphql";
import { FoldedList } from "./FoldedList";
import { changeBy, comparedUnit, unitAmount } from "./numbers";
import { type Component, compareKinds, componentText, kindChanges, type KindChange, kindKey, kindName, otherComponents, shareOf } from "./priceComponents";
import { Unknown } from "./Unknown";

type Props = { price: { components: readonly Component[] } | null | undefined; shown: readonly PriceMeter[] };

/** What a price has beside the meters that columns of the table show. */
export function OtherPrices({ price, shown }: Props) {
  if (!price || price.components.length === 0) return <Unknown value={null} />;
  const others = otherComponents(price.components, shown).sort(compareKinds);
  if (others.length === 0) return <>no others</>;
  return <FoldedList title={`${others.length} other prices`} items={others.map((each) => ({ key: kindKey(each), shown: componentText(each) }))} />;
}

type ChangesProps = { before: readonly Component[]; after: readonly Component[]; /** Meters whose changes columns of their own show. */ shown?: readonly PriceMeter[]; isUnfolded?: boolean };

/** What differs between a price and the one before it. */
export function PriceDifferences({ before, after, shown = [], isUnfolded }: ChangesProps) {
  const changes = kindChanges(otherComponents(before, shown), otherComponents(after, shown));
  if (changes.length === 0) return <Text size="sm" c="dimmed">unchanged</Text>;
  return <FoldedList isUnfolded={isUnfolded} title={`${changes.length} changes`} items={changes.map((each) => ({ key: kindKey(each.kind), shown: <Difference of={each} /> }))} />;
}

function Difference({ of }: { of: KindChange }) {
  const { kind, before, after } = of;
  const amount = (value: string | null) => (value === null ? "unknown" : unitAmount(kind.unit, value));
  const share = shareOf(of);
  return <>{kindName(kind)}: {amount(before)} → {amount(after)} per {comparedUnit(kind.unit)[0]}{share !== null && ` (${changeBy(share)})`}</>;
}
