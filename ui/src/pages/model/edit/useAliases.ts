// Moves aliases, and undoes it. Each write says which version the alias must name for it to count.
import { ModelDeleteAliasDocument, type ModelRef, ModelSetAliasDocument, type SetAliasInput } from "../../../gql/graphql";
import type { AliasNow } from "./editing";
import { showDone } from "./Notices";
import { useWrite, type WriteError } from "./useWrite";

type Named = { id: string; version: string };
type VersionKey = SetAliasInput["version"];
type Write = Promise<readonly WriteError[]>;

/** An undo that was refused, as somebody has moved the alias since, is not repeated. */
function refused(errors: readonly WriteError[]): void {
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join(" "));
}

export function useAliases(model: ModelRef) {
  const { write: writeSet, isPending: isSetting } = useWrite(ModelSetAliasDocument);
  const { write: writeDeletion, isPending: isDeleting } = useWrite(ModelDeleteAliasDocument);

  /** Points the alias at the version with this label; `expected` is the one that it names now, none for a new alias. */
  const set = (alias: string, label: string, expected?: string): Write => {
    return point(alias, { inModel: { model, select: { version: label } } }, expected);
  };
  const point = async (alias: string, version: VersionKey, expected?: string): Write => {
    const told = await writeSet({ model, alias, version, expectedVersion: expected });
    if (told.alias) tellMoved(alias, told.alias.version, told.previousVersion);
    return told.userErrors;
  };
  const tellMoved = (alias: string, now: Named, before: Named | null) => {
    const undo = before
      ? async () => refused((await writeSet({ model, alias, version: { id: before.id }, expectedVersion: now.id })).userErrors)
      : async () => refused((await writeDeletion({ model, alias, expectedVersion: now.id })).userErrors);
    if (before?.id === now.id) showDone(`${alias} named ${now.version} already.`);
    else showDone(before ? `${alias} was moved from ${before.version} to ${now.version}.` : `${alias} names ${now.version} now.`, undo);
  };
  const remove = async ({ name, version }: AliasNow): Write => {
    const { userErrors } = await writeDeletion({ model, alias: name, expectedVersion: version.id });
    const undo = async () => refused((await writeSet({ model, alias: name, version: { id: version.id } })).userErrors);
    if (userErrors.length === 0) showDone(`The alias ${name} is deleted.`, undo);
    return userErrors;
  };
  /** Points the alias at the version with this id, by whatever label. */
  const setTo = (alias: string, id: string, expected: string): Write => point(alias, { id }, expected);
  return { set, setTo, remove, isPending: isSetting || isDeleting };
}
