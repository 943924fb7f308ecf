// What can be done with a model, a version and a binding. It is offered only to those who may.
import { ActionIcon, Button, Group, Menu } from "@mantine/core";
import { Ellipsis } from "lucide-react";

import { type Binding, bindingName, type Version } from "../model";
import { type Dialog, useOpenDialog } from "./editing";

type Item = readonly [string, Dialog, "red"?];

function Actions({ name, items }: { name: string; items: readonly Item[] }) {
  const open = useOpenDialog();
  if (!open) return null;
  return (
    <Menu position="bottom-start" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${name}`}><Ellipsis size={16} aria-hidden /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {items.map(([label, dialog, color]) => <Menu.Item key={label} color={color} onClick={() => open(dialog)}>{label}</Menu.Item>)}
      </Menu.Dropdown>
    </Menu>
  );
}

export function VersionMenu({ version }: { version: Version }) {
  const { status, hold } = version;
  const isArchived = status === "ARCHIVED";
  const items: Item[] = [
    ...(isArchived ? [["Restore", { kind: "restoreVersion", version }] as const] : [["Edit", { kind: "editVersion", version }] as const]),
    hold ? ["Release the hold", { kind: "releaseVersion", version }] : ["Hold", { kind: "holdVersion", version }],
    ...(isArchived ? [] : [["Archive", { kind: "archiveVersion", version }] as const]),
    ["Delete", { kind: "deleteVersion", version }, "red"],
  ];
  return <Actions name={version.version} items={items} />;
}

export function BindingMenu({ binding }: { binding: Binding }) {
  const isClosed = binding.health.circuit.state === "CLOSED";
  const items: Item[] = [
    ["Edit", { kind: "editBinding", binding }],
    ["Set a price", { kind: "setPrice", binding }],
    [isClosed ? "Open the circuit" : "Close the circuit", { kind: "setCircuit", binding }],
    ["Delete", { kind: "deleteBinding", binding }, "red"],
  ];
  return <Actions name={bindingName(binding)} items={items} />;
}

/** The buttons beside the name of a model. */
export function ModelButtons() {
  const open = useOpenDialog();
  if (!open) return null;
  return (
    <>
      <Button variant="default" onClick={() => open({ kind: "editModel" })}>Edit</Button>
      <Button variant="outline" color="red" onClick={() => open({ kind: "deleteModel" })}>Delete</Button>
    </>
  );
}

/** A button above a list, which adds to it. */
export function AddButton({ label, dialog }: { label: string; dialog: Dialog }) {
  const open = useOpenDialog();
  if (!open) return null;
  return <Group mb="md"><Button variant="default" onClick={() => open(dialog)}>{label}</Button></Group>;
}
