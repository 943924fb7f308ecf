// Follows a subscription of the API over WebSocket. Each has a connection of its own, which ends with it.
import { type Client, createClient } from "graphql-ws";
import { useCallback, useEffect, useState } from "react";

import type { TypedDocumentString } from "../gql/graphql";
import { apiUrl, documentId, toApiError, writesEnded } from "./api";
import { ApiError, isPassing } from "./errors";
import { authorization, token } from "./token";

const PING_MS = 10_000; // between questions whether the connection is still there
const ANSWER_MS = 10_000; // a connection over which nothing comes back for so long is given up
const RETRY_MS_MAX = 15_000;

type Options = {
  signal: AbortSignal;
  /** Called when the connection is there; whether the server lets it subscribe is not known yet. */
  onConnected: () => void;
};

/**
 * What a subscription sends, until `signal` ends it. Rejects with ApiError, whose code is NETWORK when the connection
 * is lost: nothing is tried again here.
 */
export async function* follow<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  { signal, onConnected }: Options,
): AsyncGenerator<Result, void> {
  if (signal.aborted) return;
  const sent = token();
  const client = connection(sent);
  client.on("connected", onConnected);
  const unwatch = watch(client);
  // Not `dispose`: it waits for a connection that is being made, and its rejection would be nobody's.
  const end = () => client.terminate();
  signal.addEventListener("abort", end);
  try {
    for await (const result of client.iterate(operation(document, variables))) {
      if (result.errors?.[0]) throw toApiError(result.errors[0] as Parameters<typeof toApiError>[0]);
      if (result.data) yield result.data as Result;
    }
    throw new ApiError("NETWORK", "The server has ended the subscription.");
  } catch (error) {
    if (!signal.aborted) throw await toError(error, sent);
  } finally {
    signal.removeEventListener("abort", end);
    unwatch();
  }
}

function connection(sent: string): Client {
  const url = new URL(apiUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return createClient({
    url: url.href,
    connectionParams: authorization(sent),
    retryAttempts: 0, // who follows knows from where to go on
    jsonMessageReplacer: withoutText,
  });
}

/**
 * Gives up a connection over which nothing comes back, or that is never made: the server is frozen, the network is
 * gone, or the machine has slept. It asks now and then, and at once when the browser says that something has changed.
 * Returns what ends it.
 */
function watch(client: Client): () => void {
  const ending = new AbortController();
  let socket: WebSocket | undefined;
  let overdue: ReturnType<typeof setTimeout> | undefined = setTimeout(() => client.terminate(), ANSWER_MS);
  const ask = () => {
    if (overdue !== undefined || socket?.readyState !== WebSocket.OPEN) return;
    socket.send('{"type":"ping"}');
    overdue = setTimeout(() => client.terminate(), ANSWER_MS);
  };
  client.on("opened", (opened) => (socket = opened as WebSocket));
  client.on("message", () => {
    clearTimeout(overdue);
    overdue = undefined;
  });
  const asking = setInterval(ask, PING_MS);
  onReturn(ask, ending.signal);
  addEventListener("offline", ask, ending);
  return () => {
    clearInterval(asking);
    clearTimeout(overdue);
    ending.abort();
  };
}

/** Calls back when the browser has a network again, or the page is looked at again, such as after sleep. */
export function onReturn(listener: () => void, signal: AbortSignal): void {
  addEventListener("online", listener, { signal });
  document.addEventListener("visibilitychange", () => document.hidden || listener(), { signal });
}

const LOST = "The connection to the registry was lost.";

async function toError(error: unknown, sent: string): Promise<ApiError> {
  const found = describe(error);
  if (found.code !== "UNAUTHENTICATED") return found;
  await writesEnded();
  if (token() !== "" && token() !== sent) return new ApiError("TOKEN_RENEWED", "The next connection has the new token.");
  return found;
}

function describe(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  // The server refuses an operation as a whole by a list of errors.
  if (Array.isArray(error)) return toApiError(error[0] as Parameters<typeof toApiError>[0]);
  if (!(error instanceof CloseEvent)) return new ApiError("NETWORK", LOST);
  // It closes the socket where it requires a token and got none, or one that is not valid any more.
  const isRefused = error.code === 4403 || error.code === 4401;
  if (isRefused) return new ApiError("UNAUTHENTICATED", error.reason || "The registry requires a token.");
  return new ApiError("NETWORK", error.reason || LOST);
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
      if (!isPassing(error)) return void tell({ error: error as Error, isLive: false });
    }
    tell({ isLive: false });
    await pauseAfter(failures, signal);
  }
}

/**
 * Waits longer after each failure, and each page a little differently, so that not all come back at once. Ends early
 * when `signal` does, or the browser is connected or looked at again.
 */
export async function pauseAfter(failures: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const longest = Math.min(RETRY_MS_MAX, 500 * 2 ** Math.min(failures, 5));
  await new Promise<void>((resolve) => {
    const ending = new AbortController();
    const end = () => {
      clearTimeout(timer);
      ending.abort();
      resolve();
    };
    const timer = setTimeout(end, longest * (0.5 + Math.random() / 2));
    signal.addEventListener("abort", end, ending);
    onReturn(end, ending.signal); // during sleep the timers stand still
  });
}
