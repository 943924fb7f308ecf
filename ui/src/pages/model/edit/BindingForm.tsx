import { useRegistryQuery } from "../../../app/queries";
import { QueryState } from "../../../components/QueryState";
import {
  type CreateBindingInput, ModelBindingDetailsDocument, ModelCreateBindingDocument, ModelProvidersDocument, ModelUpdateBindingDocument,
  type UpdateBindingInput,
} from "../../../gql/graphql";
import { type Binding, type Model, touches } from "../model";
import { EditForm } from "./EditForm";
import { BINDING, newBindingFields, OBSERVED } from "./modelFields";
import { useWrite, type WriteError } from "./useWrite";

/** The errors of the fields of `input.binding`, and of which version, at the fields of the form. */
function atFields(errors: readonly WriteError[]): readonly WriteError[] {
  return errors.map((error) => {
    const path = (error.path ?? []).filter((part) => part !== "input");
    return { ...error, path: path[0] === "binding" ? path.slice(1) : path };
  });
}

export function CreateBindingForm({ model }: { model: Model }) {
  const providers = useRegistryQuery(ModelProvidersDocument, {}, { isTouched: ({ event }) => event.kind === "PROVIDER" });
  const { write } = useWrite(ModelCreateBindingDocument);
  const save = async ({ version, ...binding }: Record<string, unknown>) => {
    const of = { inModel: { model: { id: model.id }, select: { version: version as string } } };
    return atFields((await write({ version: of, binding } as CreateBindingInput)).userErrors);
  };
  const versions = { options: model.versions.nodes.map(({ version }) => version), isCut: model.versions.pageInfo.hasNextPage };
  return (
    <QueryState query={providers}>
      {({ providers: { nodes, pageInfo } }) => (
        <EditForm
          sections={newBindingFields(versions, { options: nodes.map(({ slug }) => slug), isCut: pageInfo.hasNextPage })}
          base={{ version: versions.options[0], status: "ACTIVE", priority: 100, weight: 100 }}
          isNew submitLabel="Create" save={save}
        />
      )}
    </QueryState>
  );
}

/** Edits a binding. Its settings and its credential reference are read when the form is opened. */
export function EditBindingForm({ model, binding: { id, health } }: { model: Model; binding: Binding }) {
  const query = useRegistryQuery(ModelBindingDetailsDocument, { id }, { isTouched: touches(model.name, model.id) });
  const { write } = useWrite(ModelUpdateBindingDocument);
  const save = async (input: object, expectedRevision: unknown) =>
    (await write({ ...input, binding: { id }, expectedRevision } as UpdateBindingInput)).userErrors;
  // While health knows these, the API shows its figures in the place of those that were entered by hand.
  const isByHand = health.successRate === null && health.latencyMsP50 === null;
  return (
    <QueryState query={query} isEmpty={({ binding }) => binding === null} empty="This binding does not exist any more.">
      {({ binding }) => binding && <EditForm sections={isByHand ? [...BINDING, OBSERVED] : BINDING} base={binding} submitLabel="Save" save={save} />}
    </QueryState>
  );
}
