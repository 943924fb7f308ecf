// Forms of one or two fields: a hold of a version, a circuit that is set by hand.
import { Text } from "@mantine/core";

import { ModelSetCircuitDocument, ModelSetVersionHoldDocument, type SetCircuitInput } from "../../../gql/graphql";
import { type Binding, bindingName, type Version } from "../model";
import { EditForm } from "./EditForm";
import type { Known, Section } from "./fields";
import { showDone } from "./Notices";
import { useWrite } from "./useWrite";

const HOLD: readonly Section[] = [
  { title: "", fields: [{ name: "reason", label: "Reason", kind: "text", isRequired: true, description: "Why it is held. The audit log keeps it." }] },
];

const heldBy = (version: Known) => ({ revision: version.revision, reason: (version.hold as { reason: string } | null)?.reason ?? null });

export function HoldVersion({ version }: { version: Version }) {
  const { write } = useWrite(ModelSetVersionHoldDocument);
  const save = async ({ reason }: Record<string, unknown>, revision: unknown) => {
    const told = await write({ version: { id: version.id }, reason: reason as string, expectedRevision: revision as number });
    return told.userErrors.map((error) => ({ ...error, current: "current" in error && error.current ? heldBy(error.current as Known) : null }));
  };
  return (
    <EditForm sections={HOLD} base={heldBy(version)} submitLabel="Hold" save={save}>
      <Text size="sm">Retention does not archive {version.version} while it is held, and nobody deletes it without force.</Text>
    </EditForm>
  );
}

const CIRCUIT: readonly Section[] = [
  {
    title: "",
    fields: [
      {
        name: "state", label: "Circuit", kind: "choice", isRequired: true,
        options: [{ value: "OPEN", label: "open: no calls" }, { value: "CLOSED", label: "closed: calls as usual" }],
      },
      { name: "until", label: "Until (UTC)", kind: "moment", description: "Until then calls do not change it; at most 365 days. Empty: open until it is closed by hand, or closed from now." },
      { name: "reason", label: "Reason", kind: "text", isRequired: true, description: "Up to 1,000 characters; no secret." },
    ],
  },
];

export function CircuitForm({ binding }: { binding: Binding }) {
  const { write } = useWrite(ModelSetCircuitDocument);
  const isOpen = binding.health.circuit.state !== "CLOSED";
  const save = async (input: object) => {
    const { userErrors } = await write({ ...input, binding: { id: binding.id } } as SetCircuitInput);
    if (userErrors.length === 0) showDone(`The circuit of ${bindingName(binding)} is set.`);
    return userErrors;
  };
  return <EditForm sections={CIRCUIT} base={{ state: isOpen ? "CLOSED" : "OPEN" }} isNew submitLabel="Set the circuit" save={save} />;
}
