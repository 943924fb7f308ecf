// A session that began at an issuer of OpenID Connect: it is renewed before its token expires, or ends with it.
// What talks to the issuer (oidc.ts) is loaded when it is needed.
import { replaceToken, token, useToken as keepToken } from "./token";

/** The issuer at which people sign in, and the dashboard's client id there. */
export type Issuer = { authority: string; clientId: string; scope: string };

type Session = Issuer & { token: string };

const KEY = "registry.session";
const SIGNED_OUT = "registry.signed-out";
const METADATA = "/.well-known/oauth-protected-resource"; // RFC 9728; docs/access.md
const BEFORE_S = 60; // so long before its end a token is renewed
const RETRY_MS = 5_000;

/** The issuer that the registry names; null where it has none for browsers. */
export async function readIssuer(): Promise<Issuer | null> {
  const response = await fetch(METADATA);
  if (!response.ok) return null;
  const metadata = (await response.json()) as {
    authorization_servers?: string[];
    scopes_supported?: string[];
    registry_browser_client_id?: string;
  };
  const authority = metadata.authorization_servers?.[0];
  const clientId = metadata.registry_browser_client_id;
  if (!authority || !clientId) return null;
  return { authority, clientId, scope: (metadata.scopes_supported ?? ["openid"]).join(" ") };
}

/** Goes to the issuer, which sends the browser back to /sign-in. */
export async function goToIssuer(issuer: Issuer): Promise<void> {
  const { goTo } = await import("./oidc");
  // After signing out the issuer still knows the person: it has to ask, or nobody else could sign in.
  const isAsked = sessionStorage.getItem(SIGNED_OUT) !== null;
  await goTo(issuer, here(), isAsked);
}

function here(): string {
  const { pathname, search, hash } = location;
  return pathname === SIGN_IN_PATH ? "/" : pathname + search + hash;
}

export const SIGN_IN_PATH = "/sign-in";

/** Begins a session with a token of the issuer. */
export function beginSession(issuer: Issuer, first: string): void {
  sessionStorage.removeItem(SIGNED_OUT);
  store({ ...issuer, token: first });
  replaceToken(first);
}

/** The session of this tab; null when its token is none of an issuer, or was replaced by another one. */
function session(): Session | null {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Session | null;
  return kept !== null && kept.token === token() ? kept : null;
}

function store(kept: Session): void {
  sessionStorage.setItem(KEY, JSON.stringify(kept));
}

/** Forgets the token. The issuer is asked to revoke what renews it. The page begins anew. */
export async function signOut(): Promise<void> {
  const kept = session();
  if (kept) {
    sessionStorage.setItem(SIGNED_OUT, "yes");
    const { forget } = await import("./oidc");
    await forget(kept);
  }
  sessionStorage.removeItem(KEY);
  keepToken("");
}

/** Renews the session's token until `signal` ends; `onEnding` is told when it cannot be, and the time of its end. */
export async function keepRenewed(signal: AbortSignal, onEnding: (end: Date) => void): Promise<void> {
  for (let kept = session(); kept !== null && !signal.aborted; kept = session()) {
    const end = endOf(kept.token);
    if (end === null) return;
    const leftMs = end - Date.now();
    await pause(Math.max(leftMs / 2, leftMs - BEFORE_S * 1_000), signal);
    if (signal.aborted || session() === null) return;
    if (!(await renewed(kept, end, signal))) return signal.aborted ? undefined : onEnding(new Date(end));
  }
}

/** Tries until the token has expired, as the network may be away for a moment. */
async function renewed(kept: Session, end: number, signal: AbortSignal): Promise<boolean> {
  const { renew } = await import("./oidc");
  do {
    try {
      const next = await renew(kept);
      if (next === null || session() === null) return false;
      store({ ...kept, token: next });
      replaceToken(next);
      return true;
    } catch {
      await pause(RETRY_MS, signal);
    }
  } while (!signal.aborted && Date.now() < end);
  return false;
}

/** When a JSON Web Token expires, in milliseconds; null when it does not say. */
function endOf(jwt: string): number | null {
  try {
    const claims = JSON.parse(atob((jwt.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/"))) as { exp?: number };
    return claims.exp ? claims.exp * 1_000 : null;
  } catch {
    return null;
  }
}

/** Timers stand still during sleep and have a longest delay: the clock is looked at often. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const until = Date.now() + ms;
  while (!signal.aborted && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, until - Date.now())));
  }
}
