import { Group, Text } from "@mantine/core";
import type { ComponentProps } from "react";

import { MoreButton } from "../../components/MoreButton";
import { count } from "../../components/numbers";

type Props = { query: ComponentProps<typeof MoreButton>["query"] & { data: readonly unknown[] | undefined } };

/** Says that what a tab shows is of the first bindings alone, and reads more of them; nothing once all are read. */
export function MoreBindings({ query }: Props) {
  if (!query.hasNextPage) return null;
  return (
    <Group gap="sm" align="center">
      <Text size="sm">This is of the first {count(query.data?.length ?? 0)} bindings of the model; there are more.</Text>
      <MoreButton query={query} label="Read more bindings" mt={0} />
    </Group>
  );
}
