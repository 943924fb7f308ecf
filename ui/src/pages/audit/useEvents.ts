// The events of the audit log: pages that were asked for, and in front of them what has happened since.
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";

import { request } from "../../app/api";
import { useChanges, useRestarts } from "../../app/App";
import { RECOVERY_MS } from "../../app/queries";
import { type AuditEventFilter, AuditPageDocument, type AuditPageQuery } from "../../gql/graphql";

export type Event = AuditPageQuery["auditEvents"]["nodes"][number];

const PAGE_SIZE = 50;
const NEWER_SIZE = 100;
const WAIT_MS = 1_000; // new events are read at most this often
const NEWER_MAX = 200; // then the list begins anew: a page that stays open does not grow for ever
const untouched = { isTouched: () => false }; // events never change, and new ones are read by themselves

/** Older events, page by page. */
export function useEvents(filter: AuditEventFilter | undefined) {
  return useInfiniteQuery({
    queryKey: keyOf(filter),
    queryFn: async ({ pageParam: after, signal }) =>
      (await request(AuditPageDocument, { first: PAGE_SIZE, after, filter }, signal)).auditEvents,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? pageInfo.endCursor : undefined),
    staleTime: Infinity,
    meta: untouched,
  });
}

const keyOf = (filter: AuditEventFilter | undefined) => ["audit", filter ?? {}];

type Older = ReturnType<typeof useEvents>;

/** The events that were written after the first page of `older` was read, newest first. */
export function useNewerEvents(filter: AuditEventFilter | undefined, older: Older) {
  const queries = useQueryClient();
  const [events, setEvents] = useState<Event[]>([]);
  const [openedAt] = useState(Date.now);
  const cursor = useRef<string | undefined>(undefined);
  const isReading = useRef(false);
  const isBehind = useRef(false);
  const again = useRef<(ms: number) => void>(() => undefined);
  const beginnings = useRef(0); // of the list: what was asked for the one before would be twice in it
  const { refetch } = older;

  const read = useCallback(async () => {
    const first = queries.getQueryData<Older["data"]>(keyOf(filter))?.pages[0];
    if (!isBehind.current || isReading.current || !first) return;
    isReading.current = true;
    const beginning = beginnings.current;
    try {
      while (isBehind.current) {
        isBehind.current = false;
        const before = cursor.current ?? first.pageInfo.startCursor;
        if (!before) return void (await refetch()); // there was no event at all
        const { nodes, pageInfo } = await queries.fetchQuery({
          queryKey: [...keyOf(filter), "newer", before],
          queryFn: async () => (await request(AuditPageDocument, { last: NEWER_SIZE, before, filter })).auditEvents,
          gcTime: 0,
          meta: untouched,
        });
        if (beginning !== beginnings.current) {
          isBehind.current = true;
          return again.current(WAIT_MS);
        }
        cursor.current = pageInfo.startCursor ?? before;
        setEvents((known) => [...nodes, ...known]);
        isBehind.current ||= pageInfo.hasPreviousPage;
      }
    } catch {
      isBehind.current = true;
      again.current(RECOVERY_MS);
    } finally {
      isReading.current = false;
    }
    // A list is made anew for another filter, by its key.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [queries, refetch]);

  const readIn = useReading(read);
  again.current = readIn;
  useChanges(
    useCallback(() => {
      isBehind.current = true;
      readIn(WAIT_MS);
    }, [readIn]),
  );
  useEffect(() => {
    // A list from the cache may be some minutes old.
    if (older.dataUpdatedAt > 0 && older.dataUpdatedAt < openedAt) isBehind.current = true;
    void read();
  }, [read, older.dataUpdatedAt, openedAt]);

  const restart = useCallback(() => {
    beginnings.current += 1;
    cursor.current = undefined;
    setEvents([]);
    void queries.resetQueries({ queryKey: keyOf(filter), exact: true });
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [queries]);
  useRestarts(restart);
  return { events, isTooMany: events.length > NEWER_MAX, restart };
}

/** A function that reads in some time, once for all calls until then. */
function useReading(read: () => Promise<void>): (ms: number) => void {
  const latest = useRef(read);
  latest.current = read;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback((ms) => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void latest.current();
    }, ms);
  }, []);
}
