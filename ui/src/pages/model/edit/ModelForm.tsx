import { useNavigate } from "@tanstack/react-router";

import { type CreateModelInput, ModelsCreateDocument, ModelUpdateDocument, type UpdateModelInput } from "../../../gql/graphql";
import type { Model } from "../model";
import { EditForm } from "./EditForm";
import { MODEL } from "./modelFields";
import { useWrite } from "./useWrite";

export function CreateModelForm() {
  const navigate = useNavigate();
  const { write } = useWrite(ModelsCreateDocument);
  const save = async (input: object) => {
    const { userErrors, model } = await write(input as CreateModelInput);
    if (model) await navigate({ to: "/models/$name", params: { name: model.name } });
    return userErrors;
  };
  return <EditForm sections={MODEL} base={{ task: "CHAT", retentionKeep: 3 }} isNew submitLabel="Create" save={save} />;
}

export function EditModelForm({ model }: { model: Model }) {
  const navigate = useNavigate({ from: "/models/$name" });
  const { write } = useWrite(ModelUpdateDocument);
  const save = async (input: object, expectedRevision: unknown) => {
    const { userErrors, model: saved } = await write({ ...input, model: { id: model.id }, expectedRevision } as UpdateModelInput);
    // Its address has its name.
    if (saved && saved.name !== model.name) await navigate({ params: { name: saved.name }, search: (search) => search, replace: true });
    return userErrors;
  };
  return <EditForm sections={MODEL} base={model} submitLabel="Save" save={save} />;
}
