import { useRegistryQuery } from "../../../app/queries";
import { QueryState } from "../../../components/QueryState";
import {
  type CreateVersionInput, ModelCreateVersionDocument, ModelUpdateVersionDocument, ModelVersionDetailsDocument, type UpdateVersionInput,
} from "../../../gql/graphql";
import { type Model, touches, type Version } from "../model";
import { EditForm } from "./EditForm";
import { NEW_VERSION, versionFields } from "./modelFields";
import { useWrite } from "./useWrite";

export function CreateVersionForm({ model }: { model: Model }) {
  const { write } = useWrite(ModelCreateVersionDocument);
  const save = async (input: object) => (await write({ ...input, model: { id: model.id } } as CreateVersionInput)).userErrors;
  return <EditForm sections={NEW_VERSION} base={{ status: "ACTIVE" }} isNew submitLabel="Create" save={save} />;
}

/** Edits a version. Its metadata is read when the form is opened, as the page does not show it. */
export function EditVersionForm({ model, version: { id } }: { model: Model; version: Version }) {
  const query = useRegistryQuery(ModelVersionDetailsDocument, { id }, { isTouched: touches(model.name, model.id) });
  const { write } = useWrite(ModelUpdateVersionDocument);
  const save = async (input: object, expectedRevision: unknown) =>
    (await write({ ...input, version: { id }, expectedRevision } as UpdateVersionInput)).userErrors;
  return (
    <QueryState query={query} isEmpty={({ version }) => version === null} empty="This version does not exist any more.">
      {({ version }) => version && <EditForm sections={versionFields(version.status)} base={version} submitLabel="Save" save={save} />}
    </QueryState>
  );
}
