import "./edit.css";

import type { ReactNode } from "react";

import { bindingName, type Model } from "../model";
import { CreateAliasForm, MoveAliasForm } from "./AliasForm";
import { CreateBindingForm, EditBindingForm } from "./BindingForm";
import { ArchiveVersion, DeleteAlias, DeleteBinding, DeleteModel, DeleteVersion, ReleaseVersion, RestoreVersion, RollBackAlias, WithdrawPrice } from "./confirmations";
import { DialogFrame } from "./DialogFrame";
import type { Dialog } from "./editing";
import { EditModelForm } from "./ModelForm";
import { PriceForm } from "./PriceForm";
import { CircuitForm, HoldVersion } from "./smallForms";
import { CreateVersionForm, EditVersionForm } from "./VersionForm";

type Props = { dialog: Dialog; model: Model; onClose: () => void };
type Shown = { title: string; size?: string; body: ReactNode };

/** The dialog that was asked for. It is loaded when the first one is opened. */
export function EditDialog({ dialog, model, onClose }: Props) {
  const { title, size, body } = shown(dialog, model);
  return <DialogFrame title={title} size={size} onClose={onClose}>{body}</DialogFrame>;
}

function shown(dialog: Dialog, model: Model): Shown {
  if ("version" in dialog) return ofVersion(dialog, model);
  if ("binding" in dialog) return ofBinding(dialog, model);
  switch (dialog.kind) {
    case "editModel":
      return { title: `Edit ${model.name}`, body: <EditModelForm model={model} /> };
    case "deleteModel":
      return { title: `Delete ${model.name}`, size: "lg", body: <DeleteModel model={model} /> };
    case "createVersion":
      return { title: `Create a version of ${model.name}`, body: <CreateVersionForm model={model} /> };
    case "createBinding":
      return { title: `Create a binding of ${model.name}`, body: <CreateBindingForm model={model} /> };
    case "createAlias":
      return { title: `Set an alias of ${model.name}`, size: "lg", body: <CreateAliasForm model={model} /> };
    case "moveAlias":
      return { title: `Move ${dialog.alias.name}`, size: "lg", body: <MoveAliasForm model={model} alias={dialog.alias} /> };
    case "rollBackAlias":
      return { title: `Roll back ${dialog.alias.name}`, size: "lg", body: <RollBackAlias model={model} {...dialog} /> };
    case "deleteAlias":
      return { title: `Delete the alias ${dialog.alias.name}`, size: "lg", body: <DeleteAlias model={model} alias={dialog.alias} /> };
    case "withdrawPrice":
      return { title: `Withdraw a price of ${dialog.bindingName}`, size: "lg", body: <WithdrawPrice {...dialog} /> };
  }
}

function ofVersion({ kind, version }: Extract<Dialog, { version: unknown }>, model: Model): Shown {
  const { version: label } = version;
  switch (kind) {
    case "editVersion":
      return { title: `Edit ${label}`, body: <EditVersionForm model={model} version={version} /> };
    case "archiveVersion":
      return { title: `Archive ${label}`, size: "lg", body: <ArchiveVersion version={version} /> };
    case "restoreVersion":
      return { title: `Restore ${label}`, size: "lg", body: <RestoreVersion version={version} /> };
    case "holdVersion":
      return { title: `Hold ${label}`, size: "lg", body: <HoldVersion version={version} /> };
    case "releaseVersion":
      return { title: `Release ${label}`, size: "lg", body: <ReleaseVersion version={version} /> };
    case "deleteVersion":
      return { title: `Delete ${label}`, size: "lg", body: <DeleteVersion version={version} /> };
  }
}

function ofBinding({ kind, binding }: Extract<Dialog, { binding: unknown }>, model: Model): Shown {
  const name = bindingName(binding);
  switch (kind) {
    case "editBinding":
      return { title: `Edit ${name}`, body: <EditBindingForm model={model} binding={binding} /> };
    case "deleteBinding":
      return { title: `Delete ${name}`, size: "lg", body: <DeleteBinding binding={binding} /> };
    case "setPrice":
      return { title: `Set a price of ${name}`, body: <PriceForm binding={binding} /> };
    case "setCircuit":
      return { title: `Set the circuit of ${name}`, size: "lg", body: <CircuitForm binding={binding} /> };
  }
}
