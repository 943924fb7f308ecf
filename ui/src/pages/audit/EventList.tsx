import { Button, Center, Paper } from "@mantine/core";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";

import { NamesContext } from "../../components/changes/names";
import { count } from "../../components/numbers";
import { Empty, QueryState } from "../../components/QueryState";
import type { AuditEventFilter } from "../../gql/graphql";
import { EventItem } from "./EventItem";
import { type Event, useEvents, useNewerEvents } from "./useEvents";
import { useNames } from "./useNames";

type Older = ReturnType<typeof useEvents>;

type Props = { filter: AuditEventFilter | undefined; older: Older };

/**
 * The events, newest first. New ones come in at the top while nobody reads. While somebody reads, which is with the
 * list scrolled, or with the pointer or the focus in it, they wait behind a button, and nothing moves.
 */
export function EventList({ filter, older }: Props) {
  const { events: newer, isTooMany, restart } = useNewerEvents(filter, older);
  const list = useRef<HTMLOListElement>(null);
  const { shown, waitingCount, show } = useShown(newer, list);
  const showNewer = () => {
    if (isTooMany) restart();
    show();
    scrollTo({ top: 0 });
    list.current?.focus({ preventScroll: true });
  };
  useEffect(() => {
    if (isTooMany && waitingCount === 0) restart();
  }, [isTooMany, waitingCount, restart]);
  return (
    <>
      <NewerBar count={waitingCount} shownCount={shown.length} onShow={showNewer} />
      <QueryState query={older}>
        {({ pages }) => {
          const events = [...shown, ...pages.flatMap(({ nodes }) => nodes)];
          if (events.length === 0) return <NoEvents isFiltered={filter !== undefined} />;
          return (
            <Named events={events}>
              <ol className="events" ref={list} tabIndex={-1} aria-label="Events, newest first">
                {events.map((event, index) => (
                  <li key={event.id}><EventItem event={event} isNew={index < shown.length} /></li>
                ))}
              </ol>
              <LoadMore older={older} shownCount={events.length} />
            </Named>
          );
        }}
      </QueryState>
    </>
  );
}

function Named({ events, children }: { events: readonly Event[]; children: ReactNode }) {
  const names = useNames(events);
  const value = useMemo(() => ({ names, showsIds: false }), [names]);
  return <NamesContext value={value}>{children}</NamesContext>;
}

/** Which of the newer events are shown, and how many wait. */
function useShown(newer: readonly Event[], list: { current: HTMLElement | null }) {
  const [newestId, setNewestId] = useState<string | null>(null);
  const newest = newer[0]?.id ?? null;
  const index = newestId === null ? newer.length : newer.findIndex(({ id }) => id === newestId);
  const shownFrom = index === -1 ? newer.length : index;
  useEffect(() => {
    if (newest !== null && !isRead(list.current)) setNewestId(newest);
  }, [newest, list]);
  return { shown: newer.slice(shownFrom), waitingCount: shownFrom, show: () => setNewestId(newest) };
}

function isRead(list: HTMLElement | null): boolean {
  return scrollY > 0 || (list !== null && (list.matches(":hover") || list.contains(document.activeElement)));
}

/** Says that there are new events, also to readers of the screen. */
function NewerBar({ count: waiting, shownCount, onShow }: { count: number; shownCount: number; onShow: () => void }) {
  const news = waiting === 1 ? "1 new event" : `${count(waiting)} new events`;
  return (
    <>
      <p className="sr-only" role="status">
        {waiting > 0 ? `${news} can be shown.` : shownCount > 0 ? `New events were added at the top, ${count(shownCount)} so far.` : ""}
      </p>
      {waiting > 0 && (
        <Center className="newer-bar">
          <Paper shadow="md"><Button onClick={onShow}>Show {news}</Button></Paper>
        </Center>
      )}
    </>
  );
}

function LoadMore({ older, shownCount }: { older: Older; shownCount: number }) {
  if (!older.hasNextPage) return <Empty>{shownCount === 1 ? "This is the only event." : `These are all ${count(shownCount)} events.`}</Empty>;
  return (
    <Center mt="md">
      <Button variant="default" loading={older.isFetchingNextPage} onClick={() => void older.fetchNextPage()}>
        Load older events
      </Button>
    </Center>
  );
}

function NoEvents({ isFiltered }: { isFiltered: boolean }) {
  return (
    <Empty>
      {isFiltered
        ? "No event matches the filters. Change or reset them: the names of actors and models must be exact."
        : "Nothing was ever changed in this registry: each committed change will appear here."}
    </Empty>
  );
}
