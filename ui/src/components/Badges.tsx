// States have a color and always also a word.
import { Badge } from "@mantine/core";

import type { SloStatus } from "../gql/graphql";
import { words } from "./words";

const COLORS: Record<string, string> = {
  // versions and bindings
  ACTIVE: "green", DRAFT: "gray", DEPRECATED: "yellow", ARCHIVED: "gray", PENDING: "gray", DRAINING: "yellow", DISABLED: "gray",
  // health
  HEALTHY: "green", DEGRADED: "yellow", UNHEALTHY: "red", UNKNOWN: "gray",
  // circuits
  CLOSED: "green", HALF_OPEN: "yellow", OPEN: "red",
  // targets
  MET: "green", BREACHED: "red",
};

/** A state of the API's enums, such as ACTIVE or OPEN. */
export function StateBadge({ state }: { state: string }) {
  return <Badge variant="light" color={COLORS[state] ?? "indigo"} className="state-badge">{words(state)}</Badge>;
}

const TARGETS: Record<SloStatus, string> = { MET: "met", BREACHED: "missed", UNKNOWN: "unknown" };

/** Whether a version meets its targets for latency and success rate, in the words of the glossary. */
export function TargetsBadge({ status }: { status: SloStatus }) {
  return <Badge variant="light" color={COLORS[status]} className="state-badge">{TARGETS[status]}</Badge>;
}
