import { Code, Group, Text } from "@mantine/core";
import { useMemo } from "react";

import { useRegistryQuery } from "../../app/queries";
import { NamesContext } from "../../components/changes/names";
import { Empty, QueryState } from "../../components/QueryState";
import { TextLink } from "../../components/TextLink";
import { AuditSingleEventDocument } from "../../gql/graphql";
import { EventItem } from "./EventItem";
import type { Event } from "./useEvents";
import { useNames } from "./useNames";

/** One event alone, with all its fields: what a link to it shows. */
export function SingleEvent({ id }: { id: string }) {
  const query = useRegistryQuery(AuditSingleEventDocument, { id }, { isTouched: () => false });
  return (
    <>
      <TextLink to="/audit">All events</TextLink>
      <QueryState query={query}>
        {({ node }) => {
          if (node?.__typename !== "AuditEvent") return <Empty>There is no event with this ID. The link may be wrong.</Empty>;
          return (
            <>
              <WithNames event={node} />
              <Group gap="xs" component="p">
                <Text span size="sm" c="dimmed">Event <Code>{node.id}</Code></Text>
                {node.requestId && <Text span size="sm" c="dimmed">of the request <Code>{node.requestId}</Code></Text>}
              </Group>
            </>
          );
        }}
      </QueryState>
    </>
  );
}

function WithNames({ event }: { event: Event }) {
  const events = useMemo(() => [event], [event]);
  const names = useNames(events);
  const value = useMemo(() => ({ names, showsIds: true }), [names]);
  return (
    <NamesContext value={value}>
      <div className="events"><EventItem event={event} isWhole /></div>
    </NamesContext>
  );
}
