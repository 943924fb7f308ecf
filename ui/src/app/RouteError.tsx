import { Button, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { QueryError } from "../components/QueryState";

/** An address that no page has. */
export function NotFound() {
  return (
    <Stack align="flex-start">
      <Title order={1}>There is no such page</Title>
      <Text>The address may be wrong, or the page was moved.</Text>
      <Button component={Link} to="/">Go to the overview</Button>
    </Stack>
  );
}

/** A page that failed while it was drawn, or whose code could not be loaded. */
export function RouteError({ error }: { error: unknown }) {
  return <QueryError error={error} onRetry={() => location.reload()} />;
}
