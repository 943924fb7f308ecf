import { Code, Group, Text } from "@mantine/core";

import { useRegistryQuery } from "../../app/queries";
import { Empty, QueryState } from "../../components/QueryState";
import { TextLink } from "../../components/TextLink";
import { AuditSingleEventDocument } from "../../gql/graphql";
import { EventItem } from "./EventItem";

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
              <div className="events"><EventItem event={node} isWhole /></div>
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
