// The token that the page sends with every request. It is kept until the tab is closed, and nowhere else.
const KEY = "registry.token"; // also in server/http/sign_in.py

export const token = sessionStorage.getItem(KEY) ?? "";
export const connectionParams = token ? { authorization: `Bearer ${token}` } : {};

// The page begins anew, so that nothing on it was read with another token.
export function useToken(next) {
  if (next) sessionStorage.setItem(KEY, next);
  else sessionStorage.removeItem(KEY);
  location.reload();
}

// An Authorization that was typed into the header editor is sent as it is.
// The newest revision that a response has stated is sent back, so that no replica shows an older state than was seen.
let revision = 0;

export async function fetchWithToken(url, { headers, ...options }) {
  const all = new Headers(headers);
  if (token && !all.has("authorization")) all.set("authorization", connectionParams.authorization);
  if (!all.has("registry-revision")) all.set("registry-revision", revision);
  const response = await fetch(url, { ...options, headers: all });
  revision = Math.max(revision, Number(response.headers.get("registry-revision") ?? 0));
  return response;
}
