import { Anchor, Code, Group, Text } from "@mantine/core";
import { useLocation } from "@tanstack/react-router";

import { PageHeader } from "../components/PageHeader";
import { QueryError } from "../components/QueryState";
import { ButtonLink, TextLink } from "../components/TextLink";

/** An address that no page has. */
export function NotFound() {
  const path = useLocation({ select: ({ pathname }) => pathname });
  return (
    <>
      <PageHeader title="There is no such page" />
      <Text mb="md">
        The registry has nothing at <Code>{path}</Code>: the address may be wrong, or from another release. A model is found in{" "}
        <TextLink to="/models">the list of models</TextLink>, and the API is explained in <Anchor href="/graphql">GraphiQL</Anchor>.
      </Text>
      <Group><ButtonLink to="/">Go to the overview</ButtonLink></Group>
    </>
  );
}

/** A page that failed while it was drawn, or whose code could not be loaded. */
export function RouteError({ error }: { error: unknown }) {
  return <QueryError error={error} onRetry={() => location.reload()} />;
}
