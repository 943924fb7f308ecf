// The token that every request carries. It is kept until the tab is closed, and nowhere else.
const KEY = "registry.token"; // also in ui/src/graphiql/token.js and server/http/sign_in.py

export function token(): string {
  return sessionStorage.getItem(KEY) ?? "";
}

export function authorization(kept = token()): Record<string, string> {
  return kept ? { authorization: `Bearer ${kept}` } : {};
}

/** Keeps another secret of the same caller, from the next request on. */
export function replaceToken(next: string): void {
  sessionStorage.setItem(KEY, next);
}

/** Keeps the token, or forgets it. The page begins anew, so that nothing on it was read with another token. */
export function useToken(next: string): void {
  if (next) sessionStorage.setItem(KEY, next);
  else sessionStorage.removeItem(KEY);
  location.reload();
}
