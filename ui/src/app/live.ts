// The page's one subscription: each committed change, in order, resumed after a lost connection without a gap.
import type { QueryClient } from "@tanstack/react-query";
import { createClient } from "graphql-ws";

import { AppChangesDocument, type AppChangesSubscription, AppFrameDocument, type TypedDocumentString } from "../gql/graphql";
import { apiUrl, documentId, request, toApiError } from "./api";
import { ApiError } from "./errors";
import { authorization } from "./token";

export type Change = AppChangesSubscription["registryChanged"];
export type LiveState = { isLive: boolean; behindSince: Date | null; reason: string };

type Listener = (change: Change) => void;
type StateListener = () => void;

const FLUSH_MS = 1_000; // queries are read again at most this often
const RETRY_MS_MAX = 15_000;
const KEEP_ALIVE_MS = 10_000; // a connection that does not answer a ping for this long is given up

/** Follows the registry until `stop`, and reads touched queries again. */
export class Live {
  private state: LiveState = { isLive: false, behindSince: null, reason: "" };
  private isStopped = false;
  private touched: Change[] = [];
  private flushing: ReturnType<typeof setTimeout> | undefined;
  private wake: (() => void) | undefined;
  private readonly listeners = new Set<Listener>();
  private readonly stateListeners = new Set<StateListener>();

  /** `cursor`: the registry's revision when the page was opened; null to begin now. */
  constructor(
    private readonly queries: QueryClient,
    private cursor: string | null,
    private readonly onUnauthenticated: () => void,
  ) {
    // After sleep the timers have stood still: do not wait for the rest of a delay.
    addEventListener("online", () => this.wake?.());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake?.());
  }

  /** Hears each change; returns a function that ends it. */
  onChange = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** For useSyncExternalStore. */
  subscribe = (listener: StateListener): (() => void) => {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  };

  snapshot = (): LiveState => this.state;

  /** Follows until `stop`. */
  async run(): Promise<void> {
    for (let failures = 0; !this.isStopped; failures += 1) {
      const before = this.cursor;
      try {
        this.cursor ??= await this.presentCursor();
        await this.follow(this.cursor);
      } catch (error) {
        if (this.cursor !== before) failures = 0;
        if (isUnauthenticated(error)) return this.onUnauthenticated();
        if (error instanceof ApiError && error.code === "BAD_CURSOR") this.restart();
        this.setBehind(error instanceof Error ? error.message : "The connection was lost.");
      }
      await this.pause(Math.min(RETRY_MS_MAX, 500 * 2 ** Math.min(failures, 5)));
    }
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.flushing);
    this.wake?.();
  }

  private async presentCursor(): Promise<string> {
    const { service } = await request(AppFrameDocument, {});
    return service.registryRevision;
  }

  /** Another registry answers, or the database was restored: nothing that was read counts any more. */
  private restart(): void {
    this.cursor = null;
    void this.queries.invalidateQueries();
  }

  private async follow(after: string): Promise<void> {
    const url = new URL(apiUrl);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const client = createClient({
      url: url.href,
      connectionParams: authorization,
      retryAttempts: 0, // with the newest cursor, so by `run`
      keepAlive: KEEP_ALIVE_MS,
      jsonMessageReplacer: withoutText,
    });
    client.on("connected", () => this.setLive());
    client.on("pong", (received) => received && this.setLive());
    let pings: ReturnType<typeof setTimeout>;
    client.on("ping", (received) => {
      if (!received) pings = setTimeout(() => client.terminate(), KEEP_ALIVE_MS);
    });
    client.on("pong", (received) => received && clearTimeout(pings));
    try {
      for await (const result of client.iterate(operation(after))) {
        if (result.errors?.[0]) throw resumable(result.errors[0] as Parameters<typeof toApiError>[0], this);
        if (result.data) this.receive((result.data as AppChangesSubscription).registryChanged);
      }
    } finally {
      void client.dispose();
    }
  }

  private receive(change: Change): void {
    this.cursor = change.cursor;
    for (const listener of this.listeners) listener(change);
    this.touched.push(change);
    this.flushing ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  private flush(): void {
    const changes = this.touched;
    this.touched = [];
    this.flushing = undefined;
    void this.queries.invalidateQueries({
      predicate: ({ meta }) => changes.some((change) => meta?.isTouched?.(change) ?? true),
    });
  }

  /** A subscriber that was too slow is told the cursor from which to resume. */
  resumeFrom(cursor: string): void {
    this.cursor = cursor;
  }

  private setLive(): void {
    if (!this.state.isLive) this.setState({ isLive: true, behindSince: null, reason: "" });
  }

  private setBehind(reason: string): void {
    this.setState({ isLive: false, behindSince: this.state.behindSince ?? new Date(), reason });
  }

  private setState(state: LiveState): void {
    this.state = state;
    for (const listener of this.stateListeners) listener();
  }

  private async pause(ms: number): Promise<void> {
    if (this.isStopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }
}

/** The server closes the socket with 4403 where it requires a token and got none, or one that is not valid. */
function isUnauthenticated(error: unknown): boolean {
  if (error instanceof CloseEvent) return error.code === 4403 || error.code === 4401;
  return error instanceof ApiError && error.code === "UNAUTHENTICATED";
}

// graphql-ws insists on a text, and sends the rest of the payload as it is: the id goes in the place of an empty text.
function operation(after: string) {
  const id = documentId(AppChangesDocument as unknown as TypedDocumentString<unknown, never>);
  return { query: "", documentId: id, variables: { after } };
}

function withoutText(key: string, value: unknown): unknown {
  return key === "query" && value === "" ? undefined : value;
}

function resumable(error: Parameters<typeof toApiError>[0], live: Live): ApiError {
  const cursor = (error.extensions as { cursor?: string } | undefined)?.cursor;
  if (cursor) live.resumeFrom(cursor);
  return toApiError(error);
}
