import "./audit.css";

import { useSearch } from "@tanstack/react-router";
import { useMemo } from "react";

import { PageHeader } from "../../components/PageHeader";
import { AuditFilters } from "./AuditFilters";
import { EventList } from "./EventList";
import { type AuditSearch, filterOf } from "./search";
import { SingleEvent } from "./SingleEvent";
import { useEvents } from "./useEvents";

/** Every committed change: who, when, and what. */
export function AuditPage() {
  const search = useSearch({ from: "/audit" });
  return (
    <>
      <PageHeader title="Audit" />
      {search.event ? <SingleEvent id={search.event} /> : <Log search={search} />}
    </>
  );
}

function Log({ search }: { search: AuditSearch }) {
  const filter = filterOf(search);
  const older = useEvents(filter);
  const pages = older.data?.pages;
  const actors = useMemo(() => [...new Set(pages?.flatMap(({ nodes }) => nodes.map(({ actor }) => actor)))].sort(), [pages]);
  return (
    <>
      <AuditFilters search={search} actors={actors} />
      <EventList key={JSON.stringify(filter)} filter={filter} older={older} />
    </>
  );
}
