// Writes without fields: each says what it does, and asks.
import { Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";

import {
  ModelArchiveVersionDocument, ModelDeleteBindingDocument, ModelDeleteDocument, ModelDeleteVersionDocument, ModelRestoreVersionDocument,
  ModelSetVersionHoldDocument, ModelWithdrawPriceDocument,
} from "../../../gql/graphql";
import { type Binding, bindingName, type Model, type Version } from "../model";
import type { Price } from "../pricePoints";
import { ConfirmForm } from "./ConfirmForm";
import type { AliasNow } from "./editing";
import type { Section } from "./fields";
import { BINDING, MODEL, versionFields } from "./modelFields";
import { showDone } from "./Notices";
import { useAliases } from "./useAliases";
import { useWrite, type WriteError } from "./useWrite";

const fieldsOf = (sections: readonly Section[]) => sections.flatMap(({ fields }) => fields);
const expected = (revision: unknown) => ({ expectedRevision: revision as number });

export function DeleteModel({ model }: { model: Model }) {
  const navigate = useNavigate();
  const { write } = useWrite(ModelDeleteDocument);
  const run = async (revision: unknown, force: boolean) => {
    const { userErrors, deletedId, deletedVersions, deletedBindings } = await write({ model: { id: model.id }, force, ...expected(revision) });
    if (deletedId) {
      showDone(`${model.name} is deleted, with ${deletedVersions} versions and ${deletedBindings} bindings.`);
      await navigate({ to: "/models" });
    }
    return userErrors;
  };
  return (
    <ConfirmForm label="Delete" color="red" base={model} fields={fieldsOf(MODEL)} forceLabel="Delete it all the same, with its active versions" run={run}>
      <Text>{model.name} is deleted with all its versions, bindings, prices and aliases. This cannot be undone.</Text>
    </ConfirmForm>
  );
}

type VersionProps = { version: Version };

export function ArchiveVersion({ version }: VersionProps) {
  const { write } = useWrite(ModelArchiveVersionDocument);
  const run = async (revision: unknown) => (await write({ version: { id: version.id }, ...expected(revision) })).userErrors;
  return (
    <ConfirmForm label="Archive" base={version} fields={fieldsOf(versionFields(version.status))} run={run}>
      <Text>
        The bindings, prices and metadata of {version.version} move to cold storage, and nothing is routed to it. You can restore it until
        its archive is purged.
      </Text>
    </ConfirmForm>
  );
}

export function RestoreVersion({ version }: VersionProps) {
  const { write } = useWrite(ModelRestoreVersionDocument);
  const run = async (revision: unknown) => (await write({ version: { id: version.id }, ...expected(revision) })).userErrors;
  return (
    <ConfirmForm label="Restore" base={version} fields={fieldsOf(versionFields(version.status))} run={run}>
      <Text>{version.version} comes back from cold storage as it was: with its status, bindings, prices and metadata.</Text>
    </ConfirmForm>
  );
}

export function ReleaseVersion({ version }: VersionProps) {
  const { write } = useWrite(ModelSetVersionHoldDocument);
  const run = async (revision: unknown) => (await write({ version: { id: version.id }, reason: null, ...expected(revision) })).userErrors;
  return (
    <ConfirmForm label="Release" base={version} fields={fieldsOf(versionFields(version.status))} run={run}>
      <Text>
        {version.version} is held by {version.hold?.actor}: {version.hold?.reason}. When it is released, retention may archive it.
      </Text>
    </ConfirmForm>
  );
}

export function DeleteVersion({ version }: VersionProps) {
  const { write } = useWrite(ModelDeleteVersionDocument);
  const run = async (revision: unknown, force: boolean) => {
    const { userErrors, deletedId, deletedBindings } = await write({ version: { id: version.id }, force, ...expected(revision) });
    if (deletedId) showDone(`${version.version} is deleted, with ${deletedBindings} bindings.`);
    return userErrors;
  };
  const forceLabel = "Delete it all the same, though it is active, is held or has an alias";
  return (
    <ConfirmForm label="Delete" color="red" base={version} fields={fieldsOf(versionFields(version.status))} forceLabel={forceLabel} run={run}>
      <Text>{version.version} is deleted with its bindings and their prices. This cannot be undone; archiving can.</Text>
    </ConfirmForm>
  );
}

export function DeleteBinding({ binding }: { binding: Binding }) {
  const { write } = useWrite(ModelDeleteBindingDocument);
  const run = async (revision: unknown) => {
    const { userErrors, deletedId } = await write({ binding: { id: binding.id }, ...expected(revision) });
    if (deletedId) showDone(`The binding ${bindingName(binding)} is deleted.`);
    return userErrors;
  };
  return (
    <ConfirmForm label="Delete" color="red" base={binding} fields={fieldsOf(BINDING)} run={run}>
      <Text>
        {bindingName(binding)} is deleted with its prices, and nothing is routed to it any more. This cannot be undone; a binding that is
        disabled can be used again.
      </Text>
    </ConfirmForm>
  );
}

export function WithdrawPrice({ price, bindingName }: { price: Price; bindingName: string }) {
  const { write } = useWrite(ModelWithdrawPriceDocument);
  const run = async () => {
    const { userErrors } = await write({ price: price.id });
    if (userErrors.length === 0) showDone(`The price of ${bindingName} is withdrawn.`);
    return userErrors;
  };
  return (
    <ConfirmForm label="Withdraw" color="red" base={price} run={run}>
      <Text>
        {price.scheduled
          ? `The planned price of ${bindingName} does not take effect.`
          : `From now on ${bindingName} has the price that its catalog says, else the one before, else none. This one stays as what it was until now.`}
      </Text>
    </ConfirmForm>
  );
}

type AliasProps = { model: Model; alias: AliasNow };

// The place of a revision has the id of the version that an alias names: each move changes it.
const namedBy = ({ version }: AliasNow) => ({ revision: version.id, version: version.version });
const NAMED = [{ name: "version", label: "Version", kind: "line" as const }];
const withNamed = ({ current, ...error }: WriteError): WriteError =>
  ({ ...error, current: current ? { revision: current.id, version: current.version } : null });

/** Moves the alias to exactly the version that the dialog says, if it still names the one that it named then. */
export function RollBackAlias({ model, alias, previous }: AliasProps & { previous: AliasNow["version"] }) {
  const { setTo } = useAliases({ id: model.id });
  const run = async (seen: unknown) => (await setTo(alias.name, previous.id, String(seen))).map(withNamed);
  return (
    <ConfirmForm label="Roll back" base={namedBy(alias)} fields={NAMED} run={run}>
      <Text>
        {alias.name} will name {previous.version} again, in place of {alias.version.version}. Callers of {model.name} by this alias get it
        at once. You can undo this.
      </Text>
    </ConfirmForm>
  );
}

export function DeleteAlias({ model, alias }: AliasProps) {
  const { remove } = useAliases({ id: model.id });
  const run = async (seen: unknown) => (await remove({ ...alias, version: { ...alias.version, id: String(seen) } })).map(withNamed);
  return (
    <ConfirmForm label="Delete" color="red" base={namedBy(alias)} fields={NAMED} run={run}>
      <Text>Callers of {model.name} by {alias.name} find nothing any more. You can undo this.</Text>
    </ConfirmForm>
  );
}
