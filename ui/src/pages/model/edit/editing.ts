// The dialogs of the page of a model: buttons and menus ask for one, EditDialog.tsx shows it.
import { createContext, useContext } from "react";

import { useMay } from "../../../app/viewer";
import type { Price } from "../pricePoints";
import type { Binding, Version } from "../model";

export type AliasNow = { name: string; version: { id: string; version: string } };

export type Dialog =
  | { kind: "editModel" | "deleteModel" | "createVersion" | "createBinding" | "createAlias" }
  | { kind: "editVersion" | "archiveVersion" | "restoreVersion" | "holdVersion" | "releaseVersion" | "deleteVersion"; version: Version }
  | { kind: "editBinding" | "deleteBinding" | "setPrice" | "setCircuit"; binding: Binding }
  | { kind: "withdrawPrice"; price: Price; bindingName: string }
  | { kind: "moveAlias" | "deleteAlias"; alias: AliasNow }
  | { kind: "rollBackAlias"; alias: AliasNow; previous: AliasNow["version"] };

export const OpenDialog = createContext<(dialog: Dialog) => void>(() => undefined);

/** Opens a dialog; null for those who may not write, to whom nothing is offered. */
export function useOpenDialog(): ((dialog: Dialog) => void) | null {
  const open = useContext(OpenDialog);
  return useMay("EDITOR") ? open : null;
}
