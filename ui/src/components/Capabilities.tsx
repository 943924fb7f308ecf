import { Badge, Group } from "@mantine/core";

import type { Capability } from "../gql/graphql";
import { capabilityName } from "./capabilityNames";
import { Unknown } from "./Unknown";

/** What a model can do; null is unknown, an empty list is nothing of what the registry has names for. */
export function Capabilities({ of }: { of: readonly Capability[] | null }) {
  if (of === null) return <Unknown value={null} />;
  if (of.length === 0) return <>none</>;
  return (
    <Group gap={4} className="capabilities">
      {of.map((each) => <Badge key={each} variant="outline" color="gray" size="sm">{capabilityName(each)}</Badge>)}
    </Group>
  );
}
