import { createContext } from "react";

/** What the objects are called that values name by their IDs, as far as it is known; and whether IDs are shown, too. */
export type Names = { names: ReadonlyMap<string, string>; showsIds: boolean };

export const NamesContext = createContext<Names>({ names: new Map(), showsIds: false });
