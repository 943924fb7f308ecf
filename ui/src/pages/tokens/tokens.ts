import { useInfiniteQuery } from "@tanstack/react-query";

import { request } from "../../app/api";
import type { Change } from "../../app/live";
import { type Role, type TokenPartsFragment, TokensPageDocument } from "../../gql/graphql";

export type Token = TokenPartsFragment;

/** What each role may do beside what those before it may do: docs/access.md. */
export const ROLE_TEXTS: Record<Role, string> = {
  READER: "Reads everything but references to secrets.",
  GATEWAY: "Also reports outcomes, and claims the trials of circuits.",
  EDITOR: "Also writes, and reads references to secrets.",
  ADMIN: "Also issues tokens, and purges archived versions.",
};
export const ROLES = Object.keys(ROLE_TEXTS) as Role[];

export type TokenState = "valid" | "expires soon" | "expired" | "revoked";
export const STATE_COLORS: Record<TokenState, string> = { valid: "green", "expires soon": "yellow", expired: "gray", revoked: "red" };

const SOON_MS = 7 * 86_400_000;

export function stateOf({ revokedAt, expiresAt }: Token, now = Date.now()): TokenState {
  if (revokedAt) return "revoked";
  const leftMs = expiresAt ? Date.parse(expiresAt) - now : Infinity;
  return leftMs <= 0 ? "expired" : leftMs <= SOON_MS ? "expires soon" : "valid";
}

export const hasEnded = (token: Token): boolean => ["revoked", "expired"].includes(stateOf(token));

const PAGE_SIZE = 100;
const USES_MS = 60_000; // the times of last uses are written once a minute, without an event
export const TOKENS_KEY = ["tokens"];

/** The tokens that the viewer may see, page by page: all for an ADMIN, else its own. */
export function useTokens() {
  return useInfiniteQuery({
    queryKey: TOKENS_KEY,
    queryFn: async ({ pageParam: after, signal }) => (await request(TokensPageDocument, { first: PAGE_SIZE, after }, signal)).viewer,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ tokens: { pageInfo } }) => (pageInfo.hasNextPage ? pageInfo.endCursor : undefined),
    refetchInterval: USES_MS,
    meta: { isTouched: ({ event }: Change) => event.kind === "TOKEN" },
  });
}
