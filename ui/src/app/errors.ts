// What an answer of the API says went wrong, and what a person can do about it.

/** An error of the API or of the network. `code` is the API's (docs/conventions.md), NETWORK or TOKEN_RENEWED. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** The server's log has the cause under this id. */
    readonly requestId = "",
    /** Seconds to wait before the next attempt. */
    readonly retryAfter = 0,
    /** What is known of a write that failed: NOT_STARTED, NOT_COMMITTED, UNKNOWN or COMMITTED. */
    readonly outcome = "",
  ) {
    super(message);
  }
}

const PASSING = new Set(["NETWORK", "TOKEN_RENEWED", "UNAVAILABLE", "TIMEOUT", "CONFLICT", "RATE_LIMITED"]);

/** Whether the same request may succeed later. */
export function isPassing(error: unknown): boolean {
  return error instanceof ApiError && PASSING.has(error.code);
}

const AWAY = new Set(["NETWORK", "UNAVAILABLE", "RATE_LIMITED"]);

/** Whether the registry could not answer at all, so that what is shown is asked for again until it can. */
export function isAway(error: unknown): boolean {
  return error instanceof ApiError && AWAY.has(error.code);
}

const OUTDATED = new Set(["PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_SUPPORTED", "DOCUMENT_NOT_TRUSTED"]);

/** Whether the server does not know the page's documents: it is of another release. */
export function isOutdated(error: unknown): boolean {
  return error instanceof ApiError && OUTDATED.has(error.code);
}

const ADVICE: Record<string, string> = {
  NETWORK: "The registry cannot be reached. Check your connection; the page tries again by itself.",
  UNAVAILABLE: "The registry or its database cannot answer now. The page tries again by itself.",
  TIMEOUT: "The registry took too long. Narrow the filters, or try again.",
  UNAUTHENTICATED: "The registry does not accept your token: it is missing, wrong, revoked or expired. Sign in again.",
  FORBIDDEN: "Your role may not do this. Ask an administrator for a token with a higher role.",
  RATE_LIMITED: "You have used up the requests of this minute.",
  LIMIT_EXCEEDED: "This asks for more than the registry answers at once. Narrow the filters.",
  BAD_CURSOR: "This page of the list does not exist any more. Go back to the first page.",
  BAD_USER_INPUT: "The registry refuses a value, as the message says. If it is one of the address of this page, reset the filters.",
  CONFLICT: "Something was deleted while it was read. Try again.",
  PERSISTED_QUERY_NOT_FOUND: "The registry was updated, and this page is of its previous release. Reload the page.",
  PERSISTED_QUERY_NOT_SUPPORTED: "This registry serves no dashboard of this release. Reload the page.",
  DOCUMENT_NOT_TRUSTED: "The registry was updated, and this page is of its previous release. Reload the page.",
  INTERNAL: "The registry failed in a way nobody expected. Report the request id to its operators.",
};

/** What to do about an error, as a sentence. */
export function advice(error: unknown): string {
  if (!(error instanceof ApiError)) return "The page failed in a way nobody expected. Reload it.";
  const wait = error.retryAfter ? ` Wait ${Math.ceil(error.retryAfter)} seconds.` : "";
  return (ADVICE[error.code] ?? "Try again.") + wait;
}
