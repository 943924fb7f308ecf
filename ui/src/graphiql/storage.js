// GraphiQL's storage without headers: they may hold a token. GraphiQL keeps those of past queries in the history,
// even when it is told not to persist headers.
const NAMES = ["headers", "shouldPersistHeaders"].map((name) => `graphiql:${name}`);
const withoutHeaders = (name, value) => (name === "headers" ? undefined : value);

for (const name of NAMES) localStorage.removeItem(name); // of earlier versions of this page

export const storage = {
  getItem: (name) => localStorage.getItem(name),
  setItem: (name, value) => localStorage.setItem(name, stripped(name, value)),
  removeItem: (name) => localStorage.removeItem(name),
  get length() {
    return localStorage.length;
  },
  clear: () => localStorage.clear(),
};

function stripped(name, value) {
  if (!["graphiql:queries", "graphiql:favorites", "graphiql:tabState"].includes(name)) return value;
  return JSON.stringify(JSON.parse(value, withoutHeaders));
}
