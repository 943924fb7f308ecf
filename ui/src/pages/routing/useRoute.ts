// The route of the address: followed live, or asked for where each answer is another draw.
import { useState } from "react";

import { useRegistryQuery, type IsTouched } from "../../app/queries";
import { useRegistrySubscription } from "../../app/subscription";
import { RoutingRouteChangedDocument, RoutingRouteDocument, type RoutePartsFragment } from "../../gql/graphql";
import { ApiError } from "../../app/errors";
import { type Difference, differences } from "./differences";
import { routeInput, type RoutingSearch } from "./search";

export type Route = RoutePartsFragment;

export type RouteState = {
  route: Route | undefined;
  error: Error | null;
  isLive: boolean;
  /** Without a seed or a sticky key, WEIGHTED draws anew for each answer: there is nothing to follow. */
  isDrawn: boolean;
  retry: () => void;
};

const never: IsTouched = () => false; // a draw is a person's wish

export function useRoute(search: RoutingSearch): RouteState {
  const variables = { input: routeInput(search) };
  const isAsked = search.model !== undefined;
  const isDrawn = search.strategy === "WEIGHTED" && search.seed === undefined && search.stickyKey === undefined;
  const followed = useRegistrySubscription(RoutingRouteChangedDocument, variables, isAsked && !isDrawn);
  const drawn = useRegistryQuery(RoutingRouteDocument, variables, { isEnabled: isAsked && isDrawn, isTouched: never });
  if (!isDrawn) {
    const { data, error, isLive, retry } = followed;
    return { route: isAsked ? data?.routeChanged : undefined, error, isLive, isDrawn, retry };
  }
  const isMissing = drawn.data?.route === null;
  const error = isMissing ? new ApiError("NOT_FOUND", "input: there is no such model or version") : drawn.error;
  return { route: drawn.data?.route ?? undefined, error, isLive: false, isDrawn, retry: () => void drawn.refetch() };
}

export type Entry = { at: string; differences: Difference[] };
type Seen = { route: Route | undefined; latest: Difference[]; log: Entry[] };

const LOG_MAX = 20;

/** What changed with the last answer, and with those before it, newest first. */
export function useDifferences(route: Route | undefined): Pick<Seen, "latest" | "log"> {
  const [seen, setSeen] = useState<Seen>({ route, latest: [], log: [] });
  if (route && route !== seen.route) setSeen(after(seen, route));
  return seen;
}

function after({ route: before, latest, log }: Seen, route: Route): Seen {
  if (before?.modelName !== route.modelName) return { route, latest: [], log: [] };
  const found = differences(before, route);
  if (found.length === 0) return { route, latest, log };
  return { route, latest: found, log: [{ at: route.decidedAt, differences: found }, ...log].slice(0, LOG_MAX) };
}
