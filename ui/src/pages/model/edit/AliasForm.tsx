import { Text } from "@mantine/core";

import type { Model } from "../model";
import type { AliasNow } from "./editing";
import { EditForm } from "./EditForm";
import type { Field } from "./fields";
import { proposing, SEMVER } from "./modelFields";
import { useAliases } from "./useAliases";
import type { WriteError } from "./useWrite";

function versionField(model: Model): Field {
  const options = model.versions.nodes.filter(({ status }) => status !== "ARCHIVED").map(({ version }) => version);
  return {
    name: "version", label: "Version", kind: "suggested", isRequired: true, options,
    description: proposing("What it names from now on.", { options, isCut: model.versions.pageInfo.hasNextPage }),
    pattern: [SEMVER, "Give a version of this model, such as 1.0.0."],
  };
}

const NAME: Field = {
  name: "alias", label: "Alias", kind: "line", isRequired: true, placeholder: "production",
  description: "A lower-case word; not latest. One that exists is moved.",
};

export function CreateAliasForm({ model }: { model: Model }) {
  const { set } = useAliases({ id: model.id });
  const save = ({ alias, version }: Record<string, unknown>) => set(String(alias), String(version));
  return <EditForm sections={[{ title: "", fields: [NAME, versionField(model)] }]} base={{}} isNew submitLabel="Set" save={save} />;
}

/** Moves an alias from the version that it named when the form was opened. */
export function MoveAliasForm({ model, alias }: { model: Model; alias: AliasNow }) {
  const { set } = useAliases({ id: model.id });
  const base = { version: alias.version.version, revision: alias.version.id };
  // The place of a revision has the id of the version that an alias names: each move changes it.
  const save = async ({ version }: Record<string, unknown>, expected: unknown) =>
    (await set(alias.name, String(version), expected as string)).map(withCurrent);
  return (
    <EditForm sections={[{ title: "", fields: [versionField(model)] }]} base={base} submitLabel="Move" save={save}>
      <Text size="sm">Callers of {model.name} by {alias.name} get the other version at once. You can undo this.</Text>
    </EditForm>
  );
}

function withCurrent(error: WriteError): WriteError {
  const { current } = error;
  return current ? { ...error, current: { version: current.version, revision: current.id } } : error;
}
