// The page's one subscription: each committed change, in order, resumed after a lost connection without a gap.
import type { QueryClient } from "@tanstack/react-query";

import { AppChangesDocument, type AppChangesSubscription, AppFrameDocument } from "../gql/graphql";
import { forgetRevision, request } from "./api";
import { ApiError, isOutdated } from "./errors";
import { follow, onReturn, pauseAfter } from "./subscription";

export type Change = AppChangesSubscription["registryChanged"];
export type LiveState = { isLive: boolean; behindSince: Date | null; reason: string };

type Listener = (change: Change) => void;
type StateListener = () => void;

const FLUSH_MS = 1_000; // queries are read again at most this often
const BANNER_MS = 2_000; // a server that is replaced by another one is no reason for a banner

/** Follows the registry until `stop`, and reads touched queries again. */
export class Live {
  private state: LiveState = { isLive: false, behindSince: null, reason: "" };
  private readonly ending = new AbortController();
  private lostAt: Date | null = null;
  private bannerTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly touched = new Set<string>(); // hashes of queries: many changes of one take no more memory than one
  private isFlushing = false;
  private readonly listeners = new Set<Listener>();
  private readonly stateListeners = new Set<StateListener>();
  private readonly restartListeners = new Set<() => void>();

  /** `cursor`: the registry's revision when the page was opened. */
  constructor(
    private readonly queries: QueryClient,
    private cursor: string,
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

  /** Follows until `stop`, or until somebody has to sign in or to reload the page. */
  async run(): Promise<void> {
    const { signal } = this.ending;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.follow();
      } catch (error) {
        if (this.state.isLive) failures = 0;
        if (!(await this.goesOn(error))) return;
      }
      await pauseAfter(failures, signal);
    }
  }

  stop(): void {
    this.ending.abort();
    clearTimeout(this.bannerTimer);
  }

  /** Whether to connect again after this error. */
  private async goesOn(error: unknown): Promise<boolean> {
    const { code, message } = error instanceof ApiError ? error : new ApiError("UNKNOWN", String(error));
    if (code === "TOKEN_RENEWED") return true;
    this.setBehind(message);
    if (code === "UNAUTHENTICATED") this.onUnauthenticated();
    if (code === "UNAUTHENTICATED" || isOutdated(error)) return false;
    if (code === "BAD_CURSOR") await this.restart();
    return true;
  }

  /** Another registry answers, or the database was restored: nothing that was read counts any more. */
  private async restart(): Promise<void> {
    forgetRevision();
    try {
      // First where to go on, so that no change after it is missed by what is read now.
      const { service } = await request(AppFrameDocument, {}, this.ending.signal);
      this.cursor = service.registryRevision;
    } catch {
      return; // the next attempt is told again that the cursor is of another registry
    }
    void this.queries.invalidateQueries();
    for (const listener of this.restartListeners) listener();
  }

  private async follow(): Promise<void> {
    const attempt = new AbortController();
    const options = { signal: this.ending.signal, onConnected: () => void this.confirm(attempt.signal) };
    try {
      for await (const { registryChanged } of follow(AppChangesDocument, { after: this.cursor }, options))
        this.receive(registryChanged);
    } finally {
      attempt.abort();
    }
  }

  /**
   * A connection alone does not say that changes will come: the server may refuse the subscription in the next moment.
   * After a loss the page counts as live once the registry has also answered a question.
   */
  private async confirm(signal: AbortSignal): Promise<void> {
    for (let failures = 0; this.lostAt && !signal.aborted; failures += 1) {
      try {
        await request(AppFrameDocument, {}, signal);
        break;
      } catch {
        await pauseAfter(failures, signal);
      }
    }
    if (!signal.aborted) this.setLive();
  }

  private receive(change: Change): void {
    this.cursor = change.cursor;
    this.setLive();
    for (const listener of this.listeners) listener(change);
    for (const { queryHash, meta } of this.queries.getQueryCache().getAll())
      if (meta?.isTouched?.(change) ?? true) this.touched.add(queryHash);
    if (!this.isFlushing) void this.flush();
  }

  /** Reads touched queries again, at most once a second, and one time after the other: none is cut off by the next. */
  private async flush(): Promise<void> {
    this.isFlushing = true;
    const { signal } = this.ending;
    while (this.touched.size > 0 && !signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
      await this.untilSeen();
      if (signal.aborted) break;
      const hashes = new Set(this.touched);
      this.touched.clear();
      await this.queries.invalidateQueries({ predicate: ({ queryHash }) => hashes.has(queryHash) });
    }
    this.isFlushing = false;
  }

  /** What nobody looks at is not read again and again. */
  private async untilSeen(): Promise<void> {
    if (!document.hidden) return;
    const seen = new AbortController();
    const signal = AbortSignal.any([seen.signal, this.ending.signal]);
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve());
      onReturn(() => document.hidden || seen.abort(), signal);
    });
  }

  private setLive(): void {
    if (this.state.isLive) return;
    clearTimeout(this.bannerTimer);
    this.bannerTimer = undefined;
    const wasLost = this.lostAt !== null;
    this.lostAt = null;
    this.setState({ isLive: true, behindSince: null, reason: "" });
    // What has failed meanwhile, or still waits for a server that is gone, is asked for again.
    if (wasLost)
      void this.queries.invalidateQueries({
        predicate: ({ state }) => state.status === "error" || state.fetchStatus === "fetching",
      });
  }

  private setBehind(reason: string): void {
    const since = (this.lostAt ??= new Date());
    this.setState({ ...this.state, isLive: false, reason });
    this.bannerTimer ??= setTimeout(() => this.setState({ ...this.state, behindSince: since }), BANNER_MS);
  }

  private setState(state: LiveState): void {
    this.state = state;
    for (const listener of this.stateListeners) listener();
  }
}
