// Follows a subscription of the API over WebSocket. Each has a connection of its own, which ends with it.
import { type Client, createClient } from "graphql-ws";
import { useCallback, useEffect, useState } from "react";

import type { TypedDocumentString } from "../gql/graphql";
import { apiUrl, documentId, toApiError, writesEnded } from "./api";
import { ApiError, isPassing } from "./errors";
import { authorization, token } from "./token";

const KEEP_ALIVE_MS = 10_000; // a connection that does not answer a ping for this long is given up
const RETRY_MS_MAX = 15_000;

type Options = {
  signal: AbortSignal;
  /** Called when the connection is there, and each time that it is known to be still there. */
  onConnected: () => void;
};

/**
 * What a subscription sends, until the server or `signal` ends it. Rejects with ApiError for an error of the API,
 * and with another Error when the connection is lost: nothing is tried again here.
 */
export async function* follow<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  { signal, onConnected }: Options,
): AsyncGenerator<Result, void> {
  const sent = token();
  const client = connected(sent, onConnected);
  const end = () => void client.dispose();
  signal.addEventListener("abort", end);
  try {
    if (signal.aborted) return;
    for await (const result of client.iterate(operation(document, variables))) {
      if (result.errors?.[0]) throw toApiError(result.errors[0] as Parameters<typeof toApiError>[0]);
      if (result.data) yield result.data as Result;
    }
  } catch (error) {
    throw await toError(error, sent);
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

function connected(sent: string, onConnected: () => void): Client {
  const url = new URL(apiUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const client = createClient({
    url: url.href,
    connectionParams: authorization(sent),
    retryAttempts: 0, // who follows knows from where to go on
    keepAlive: KEEP_ALIVE_MS,
    jsonMessageReplacer: withoutText,
  });
  let overdue: ReturnType<typeof setTimeout>;
  client.on("connected", onConnected);
  client.on("ping", (received) => {
    if (!received) overdue = setTimeout(() => client.terminate(), KEEP_ALIVE_MS);
  });
  client.on("pong", (received) => {
    if (!received) return;
    clearTimeout(overdue);
    onConnected();
  });
  return client;
}

async function toError(error: unknown, sent: string): Promise<unknown> {
  // The server refuses an operation as a whole by a list of errors.
  const found = Array.isArray(error) ? toApiError(error[0] as Parameters<typeof toApiError>[0]) : error;
  // It closes the socket where it requires a token and got none, or one that is not valid any more.
  const isClosed = found instanceof CloseEvent && (found.code === 4403 || found.code === 4401);
  const isRefused = isClosed || (found instanceof ApiError && found.code === "UNAUTHENTICATED");
  if (!isRefused) return found;
  await writesEnded();
  if (token() !== "" && token() !== sent) return new ApiError("TOKEN_RENEWED", "The next connection has the new token.");
  return new ApiError("UNAUTHENTICATED", (isClosed && found.reason) || "The registry requires a token.");
}

// graphql-ws insists on a text, and sends the rest of the payload as it is: the id goes in the place of an empty text.
function operation<Result, Variables>(document: TypedDocumentString<Result, Variables>, variables: Variables) {
  const id = documentId(document as unknown as TypedDocumentString<unknown, never>);
  return { query: "", documentId: id, variables: variables as Record<string, unknown> };
}

function withoutText(key: string, value: unknown): unknown {
  return key === "query" && value === "" ? undefined : value;
}

export type Following<Result> = {
  /** The newest state; that of the variables before while those of now have none yet. */
  data: Result | undefined;
  /** Why nothing more comes; null while the state is followed, or the connection is being made again. */
  error: Error | null;
  /** Whether the state is that of the present variables, over a connection that is there. */
  isLive: boolean;
  retry: () => void;
};

type Followed<Result> = Omit<Following<Result>, "retry">;

/**
 * Follows a subscription that begins with the present state, such as routeChanged, while a component is shown.
 * A lost connection is made again; other errors end it, until `retry` or other variables.
 */
export function useRegistrySubscription<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  isEnabled = true,
): Following<Result> {
  const [state, setState] = useState<Followed<Result>>({ data: undefined, error: null, isLive: false });
  const [attempt, setAttempt] = useState(0);
  const given = JSON.stringify(variables);
  useEffect(() => {
    if (!isEnabled) return;
    const ending = new AbortController();
    setState(({ data }) => ({ data, error: null, isLive: false }));
    void keepFollowing(document, JSON.parse(given) as Variables, ending.signal, (change) =>
      setState((before) => ({ ...before, ...change })),
    );
    return () => ending.abort();
  }, [document, given, isEnabled, attempt]);
  const retry = useCallback(() => setAttempt((number) => number + 1), []);
  return { ...state, retry };
}

async function keepFollowing<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  signal: AbortSignal,
  onChange: (change: Partial<Followed<Result>>) => void,
): Promise<void> {
  const tell = (change: Partial<Followed<Result>>) => signal.aborted || onChange(change);
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      for await (const data of follow(document, variables, { signal, onConnected: () => undefined })) {
        failures = 0;
        tell({ data, error: null, isLive: true });
      }
    } catch (error) {
      if (error instanceof ApiError && !isPassing(error)) {
        tell({ error, isLive: false });
        return;
      }
    }
    tell({ isLive: false });
    await pauseAfter(failures, signal);
  }
}

/** Waits longer after each failure; ends early when `signal` does, or the browser is connected or looked at again. */
export async function pauseAfter(failures: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const ending = new AbortController();
    const end = () => {
      clearTimeout(timer);
      ending.abort();
      resolve();
    };
    const timer = setTimeout(end, Math.min(RETRY_MS_MAX, 500 * 2 ** Math.min(failures, 5)));
    // During sleep the timers stand still: do not wait for the rest of a delay.
    signal.addEventListener("abort", end, ending);
    addEventListener("online", end, ending);
    document.addEventListener("visibilitychange", () => document.hidden || end(), ending);
  });
}
