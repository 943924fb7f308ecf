// What stands in the place of data that is not there: it is loading, it failed, or there is none.
import { Alert, Button, Center, Code, Loader, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

import { ApiError, advice, isOutdated } from "../app/errors";

type Props<Data> = {
  query: { data: Data | undefined; error: Error | null; refetch: () => unknown };
  /** Said when `isEmpty`: why there is nothing, and what to do. */
  empty?: ReactNode;
  isEmpty?: (data: Data) => boolean;
  /** Stands above the data, and above what is said of none: that there is more than was read, say. */
  note?: ReactNode;
  children: (data: Data) => ReactNode;
};

/** Shows the data of a query. When a later reading fails, the error stands above the data of the last one. */
export function QueryState<Data>({ query, empty, isEmpty, note, children }: Props<Data>) {
  const { data, error, refetch } = query;
  return (
    <>
      {error && <QueryError error={error} onRetry={() => void refetch()} />}
      {data !== undefined && note}
      {data === undefined ? !error && <Loading /> : isEmpty?.(data) ? <Empty>{empty}</Empty> : children(data)}
    </>
  );
}

export function Loading() {
  return (
    <Center p="xl" role="status" aria-label="Loading">
      <Loader />
    </Center>
  );
}

export function Empty({ children }: { children?: ReactNode }) {
  return <Text c="dimmed" p="md">{children ?? "There is nothing here."}</Text>;
}

/** An error, what to do about it, and the id under which the server's log has the cause. */
export function QueryError({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (isOutdated(error)) return null; // App says it, once for all
  const message = error instanceof Error ? error.message : String(error);
  const requestId = error instanceof ApiError ? error.requestId : "";
  return (
    <Alert color="red" variant="outline" role="alert" mb="md" title={advice(error)}>
      <Stack gap="xs" align="flex-start">
        <span>{message}{requestId && <> (request <Code>{requestId}</Code>)</>}</span>
        {onRetry && <Button size="xs" variant="default" onClick={onRetry}>Try again</Button>}
      </Stack>
    </Alert>
  );
}
