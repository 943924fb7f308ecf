// States have a color and always also a word.
import { Badge } from "@mantine/core";

import { words } from "./words";

const COLORS: Record<string, string> = {
  // versions and bindings
  ACTIVE: "green", DRAFT: "gray", DEPRECATED: "yellow", ARCHIVED: "gray", PENDING: "gray", DRAINING: "yellow", DISABLED: "gray",
  // health
  HEALTHY: "green", DEGRADED: "yellow", UNHEALTHY: "red", UNKNOWN: "gray",
  // circuits
  CLOSED: "green", HALF_OPEN: "yellow", OPEN: "red",
  // SLOs
  MET: "green", BREACHED: "red",
};

/** A state of the API's enums, such as ACTIVE or OPEN. */
export function StateBadge({ state }: { state: string }) {
  return <Badge variant="light" color={COLORS[state] ?? "indigo"} className="state-badge">{words(state)}</Badge>;
}
