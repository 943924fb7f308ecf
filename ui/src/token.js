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
export function fetchWithToken(url, { headers, ...options }) {
  const all = new Headers(headers);
  if (token && !all.has("authorization")) all.set("authorization", connectionParams.authorization);
  return fetch(url, { ...options, headers: all });
}
