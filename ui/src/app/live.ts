// The page's one subscription: each committed change, in order, resumed after a lost connection without a gap.
import type { QueryClient } from "@tanstack/react-query";

import { AppChangesDocument, type AppChangesSubscription, AppFrameDocument } from "../gql/graphql";
import { request } from "./api";
import { ApiError } from "./errors";
import { follow, pauseAfter } from "./subscription";

export type Change = AppChangesSubscription["registryChanged"];
export type LiveState = { isLive: boolean; behindSince: Date | null; reason: string };

type Listener = (change: Change) => void;
type StateListener = () => void;

const FLUSH_MS = 1_000; // queries are read again at most this often

/** Follows the registry until `stop`, and reads touched queries again. */
export class Live {
  private state: LiveState = { isLive: false, behindSince: null, reason: "" };
  private readonly ending = new AbortController();
  private touched: Change[] = [];
  private flushing: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<Listener>();
  private readonly stateListeners = new Set<StateListener>();
  private readonly restartListeners = new Set<() => void>();

  /** `cursor`: the registry's revision when the page was opened; null to begin now. */
  constructor(
    private readonly queries: QueryClient,
    private cursor: string | null,
    private readonly onUnauthenticated: () => void,
  ) {}

  /** Hears each change; returns a function that ends it. */
  onChange = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Hears that nothing that was read counts any more; returns a function that ends it. */
  onRestart = (listener: () => void): (() => void) => {
    this.restartListeners.add(listener);
    return () => this.restartListeners.delete(listener);
  };

  /** For useSyncExternalStore. */
  subscribe = (listener: StateListener): (() => void) => {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  };

  snapshot = (): LiveState => this.state;

  /** Follows until `stop`. */
  async run(): Promise<void> {
    const { signal } = this.ending;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        this.cursor ??= await this.presentCursor();
        await this.follow(this.cursor);
      } catch (error) {
        if (this.state.isLive) failures = 0;
        const { code, cursor } = error instanceof ApiError ? error : new ApiError("NETWORK", "");
        if (code === "UNAUTHENTICATED") return this.onUnauthenticated();
        if (code === "TOKEN_RENEWED") continue;
        if (code === "BAD_CURSOR") this.restart();
        // A subscriber that was too slow is told the cursor from which to resume.
        if (cursor) this.cursor = cursor;
        this.setBehind(error instanceof Error ? error.message : "The connection was lost.");
      }
      await pauseAfter(failures, signal);
    }
  }

  stop(): void {
    this.ending.abort();
    clearTimeout(this.flushing);
  }

  private async presentCursor(): Promise<string> {
    const { service } = await request(AppFrameDocument, {});
    return service.registryRevision;
  }

  /** Another registry answers, or the database was restored: nothing that was read counts any more. */
  private restart(): void {
    this.cursor = null;
    void this.queries.invalidateQueries();
    for (const listener of this.restartListeners) listener();
  }

  private async follow(after: string): Promise<void> {
    const options = { signal: this.ending.signal, onConnected: () => this.setLive() };
    for await (const { registryChanged } of follow(AppChangesDocument, { after }, options)) this.receive(registryChanged);
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
}
