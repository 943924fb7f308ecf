// Whether the server has refused one of the page's documents: then the page is of another release, until it is reloaded.
const listeners = new Set<() => void>();
let isNoted = false;

/** For useSyncExternalStore. */
export const outdated = {
  note: (): void => {
    isNoted = true;
    for (const listener of listeners) listener();
  },
  snapshot: (): boolean => isNoted,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
