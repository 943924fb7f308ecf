import "./edit.css";

import { DialogFrame } from "./DialogFrame";
import { CreateModelForm } from "./ModelForm";

/** The form of a new model, which then is opened. */
export function CreateModelDialog({ onClose }: { onClose: () => void }) {
  return <DialogFrame title="Create a model" onClose={onClose}><CreateModelForm /></DialogFrame>;
}
