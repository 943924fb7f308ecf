import { lazy, type ReactNode, Suspense, useState } from "react";

import type { Model } from "../model";
import { type Dialog, OpenDialog } from "./editing";

// The forms are loaded when the first one is opened: most who look at a model do not edit it.
const EditDialog = lazy(() => import("./EditDialog").then(({ EditDialog }) => ({ default: EditDialog })));

/** Lets what is inside open the dialogs of a model. */
export function EditingProvider({ model, children }: { model: Model; children: ReactNode }) {
  const [dialog, setDialog] = useState<Dialog | null>(null);
  return (
    <OpenDialog.Provider value={setDialog}>
      {children}
      <Suspense>{dialog && <EditDialog dialog={dialog} model={model} onClose={() => setDialog(null)} />}</Suspense>
    </OpenDialog.Provider>
  );
}
