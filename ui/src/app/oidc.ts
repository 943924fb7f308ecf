// Talks to the issuer of OpenID Connect: the authorization code flow with PKCE. Loaded when somebody signs in there.
import { ErrorResponse, UserManager, WebStorageStateStore } from "oidc-client-ts";

import { type Issuer, SIGN_IN_PATH } from "./session";

const WAIT_S = 10;
const ISSUER = "registry.issuer"; // the one that the browser was sent to

function manager({ authority, clientId, scope }: Issuer): UserManager {
  return new UserManager({
    authority,
    client_id: clientId,
    redirect_uri: location.origin + SIGN_IN_PATH,
    scope,
    // All ends with the tab, as a token that was pasted does.
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: false, // session.ts does it; an iframe would need a hole in the Content-Security-Policy
    monitorSession: false,
    loadUserInfo: false,
    requestTimeoutInSeconds: WAIT_S,
  });
}

/** Leaves the page for the issuer's; `path` is where to come back to. */
export async function goTo(issuer: Issuer, path: string, isAsked: boolean): Promise<void> {
  sessionStorage.setItem(ISSUER, JSON.stringify(issuer));
  await manager(issuer).signinRedirect({ state: path, prompt: isAsked ? "login" : undefined });
}

export type Arrival = { issuer: Issuer; token: string; path: string };

/** Ends the flow with what the issuer has put into the page's address. */
export async function arrive(): Promise<Arrival> {
  const issuer = JSON.parse(sessionStorage.getItem(ISSUER) ?? "null") as Issuer | null;
  if (issuer === null) throw new Error("This tab has not begun to sign in.");
  const url = location.href;
  history.replaceState(null, "", SIGN_IN_PATH); // the code is used up, and is nobody's business
  const user = await manager(issuer).signinRedirectCallback(url);
  return { issuer, token: user.access_token, path: ownPath(user.state) };
}

function ownPath(state: unknown): string {
  const url = new URL(typeof state === "string" ? state : "/", location.origin);
  return url.origin === location.origin ? url.pathname + url.search + url.hash : "/";
}

/** Another token for the same session; null when the issuer has given nothing to get one with. */
export async function renew(issuer: Issuer): Promise<string | null> {
  const users = manager(issuer);
  const user = await users.getUser();
  if (!user?.refresh_token) return null;
  try {
    return (await users.signinSilent())?.access_token ?? null;
  } catch (error) {
    if (error instanceof ErrorResponse) return null; // the issuer has refused, and will again
    throw error;
  }
}

/** Forgets what the issuer has given, and asks it to revoke that, if it can. */
export async function forget(issuer: Issuer): Promise<void> {
  const users = manager(issuer);
  try {
    await users.revokeTokens(["refresh_token"]);
  } catch {
    // The issuer is away, or cannot revoke: the token expires by itself.
  }
  await users.removeUser();
}
