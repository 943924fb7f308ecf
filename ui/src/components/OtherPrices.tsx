import { Stack, Text } from "@mantine/core";

import type { ComponentPartsFragment, PriceMeter } from "../gql/graphql";
import { count, unitPrice } from "./numbers";
import { Unknown } from "./Unknown";
import { words } from "./words";

type Component = ComponentPartsFragment;

/** The components of a price that no column of its own shows: a column is per 1M tokens of an ordinary call, from the first token on. */
export function otherComponents(components: readonly Component[], shown: readonly PriceMeter[]): Component[] {
  return components.filter(
    ({ meter, unit, variant, aboveInputTokens }) =>
      !(shown.includes(meter) && unit === "TOKENS_1K" && variant === "STANDARD" && aboveInputTokens === 0),
  );
}

/** "input batch above 200,000 input tokens: $2.5 per 1M tokens". */
export function componentText({ meter, variant, aboveInputTokens, unit, amount }: Component): string {
  const way = variant === "STANDARD" ? "" : ` ${words(variant)}`;
  const tier = aboveInputTokens > 0 ? ` above ${count(aboveInputTokens)} input tokens` : "";
  return `${words(meter)}${way}${tier}: ${unitPrice(unit, amount)}`;
}

type Props = { price: { components: readonly Component[] } | null; shown: readonly PriceMeter[] };

/** What a price has beside the meters that columns of the table show. */
export function OtherPrices({ price, shown }: Props) {
  if (!price || price.components.length === 0) return <Unknown value={null} />;
  const others = otherComponents(price.components, shown);
  if (others.length === 0) return <>no others</>;
  return (
    <Stack gap={0}>
      {others.map(componentText).map((text) => <Text key={text} size="sm">{text}</Text>)}
    </Stack>
  );
}
