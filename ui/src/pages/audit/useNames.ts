// The names of the versions, bindings and providers that changes name by their IDs.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { request } from "../../app/api";
import { AuditNamesDocument, type AuditNamesQuery } from "../../gql/graphql";
import type { Event } from "./useEvents";

const NAMED = /^(ver|bnd|prv)_[0-9a-f]{32}$/;
const IDS_MAX = 100; // of one query

type Named = AuditNamesQuery["nodes"][number];

/** Grows as more events are shown. An object that was deleted has no name. */
export function useNames(events: readonly Event[]): ReadonlyMap<string, string> {
  const queries = useQueryClient();
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const [asked] = useState(() => new Set<string>());
  useEffect(() => {
    const ids = [...new Set(events.flatMap(idsOf))].filter((id) => !asked.has(id));
    ids.forEach((id) => asked.add(id));
    for (let start = 0; start < ids.length; start += IDS_MAX) {
      const some = ids.slice(start, start + IDS_MAX);
      const query = { queryKey: ["audit-names", some], queryFn: () => request(AuditNamesDocument, { ids: some }), gcTime: 0 };
      const add = ({ nodes }: AuditNamesQuery) => setNames((known) => new Map([...known, ...nodes.flatMap(entry)]));
      queries.fetchQuery(query).then(add, () => undefined); // without, the IDs are shown
    }
  }, [events, asked, queries]);
  return names;
}

function idsOf({ changes }: Event): string[] {
  const values = changes.flatMap(({ before, after }) => [before, after]);
  return values.filter((value): value is string => typeof value === "string" && NAMED.test(value));
}

function entry(node: Named): [string, string][] {
  if (node?.__typename === "ModelVersion") return [[node.id, node.version]];
  if (node?.__typename === "ProviderBinding") return [[node.id, node.providerModelId]];
  return node?.__typename === "Provider" ? [[node.id, node.name]] : [];
}
