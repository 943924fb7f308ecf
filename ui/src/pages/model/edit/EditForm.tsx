import { Button, Fieldset, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type ReactNode, useEffect, useRef, useState } from "react";

import { FormErrors } from "../../../components/FormErrors";
import { splitErrors, type UserError } from "../../../components/userErrors";
import { Conflict } from "./Differences";
import { useFrame } from "./DialogFrame";
import { FieldInput, isWide } from "./FieldInput";
import { type Field, type FormValue, type FormValues, inputOf, isChanged, type Known, problemsOf, type Section, toFormValues } from "./fields";
import type { WriteError } from "./useWrite";

type Props = {
  sections: readonly Section[];
  /** What the registry has; of a new object, what it will have if nothing is typed. */
  base: Known;
  isNew?: boolean;
  submitLabel: string;
  /** Writes these fields unless the object is at another revision; the errors, none when it was saved. */
  save: (input: Record<string, unknown>, expectedRevision: unknown) => Promise<readonly WriteError[]>;
  children?: ReactNode;
};

/** A form over fields. It sends what was changed, and shows what somebody else has changed meanwhile. */
export function EditForm({ sections, base, isNew = false, submitLabel, save, children }: Props) {
  const fields = sections.flatMap((section) => section.fields);
  const state = useEditing(fields, base, isNew, save);
  const { form, element, conflict, errors, failure, isPending, submit, takeTheirs, saveMine } = state;
  const { cancel } = useFrame();
  return (
    <form ref={element} noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack>
        {children}
        {conflict && <Conflict fields={fields} base={state.known} theirs={conflict} mine={form.values} isPending={isPending} onTheirs={takeTheirs} onMine={saveMine} />}
        {!conflict && sections.map(({ title, fields }) => (
          <FieldSection key={title} title={title}>
            {fields.map((field) => (
              <div key={field.name} className={isWide(field) ? "wide-field" : undefined}>
                <FieldInput field={field} {...(form.getInputProps(field.name) as { value: FormValue; onChange: (value: FormValue) => void })} />
              </div>
            ))}
          </FieldSection>
        ))}
        <FormErrors errors={errors} failure={failure} />
        {state.isUnchanged && <Text size="sm" role="status">Nothing was changed, so there is nothing to save.</Text>}
        <Group justify="flex-end">
          <Button variant="default" onClick={cancel}>Cancel</Button>
          {!conflict && <Button type="submit" loading={isPending}>{submitLabel}</Button>}
        </Group>
      </Stack>
    </form>
  );
}

function FieldSection({ title, children }: { title: string; children: ReactNode }) {
  const grid = <SimpleGrid cols={{ base: 1, sm: 2 }} className="field-grid">{children}</SimpleGrid>;
  return title ? <Fieldset legend={title}>{grid}</Fieldset> : grid;
}

function useEditing(fields: readonly Field[], opened: Known, isNew: boolean, save: Props["save"]) {
  // The page goes on living under the form: what counts is what the form showed when it was opened.
  const [known, setKnown] = useState(opened);
  const [conflict, setConflict] = useState<Known | null>(null);
  const [errors, setErrors] = useState<readonly UserError[]>([]);
  const [failure, setFailure] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [isUnchanged, setUnchanged] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const form = useForm<FormValues>({ initialValues: toFormValues(fields, opened) });
  const { close, setTyped } = useFrame();
  const isTyped = fields.some((field) => isChanged(field, known, form.values));
  useEffect(() => { setTyped(isTyped); }, [isTyped, setTyped]);

  const showErrors = (atFields: Record<string, string>) => {
    form.setErrors(atFields);
    const first = fields.find(({ name }) => name in atFields)?.name;
    if (first) element.current?.querySelector<HTMLElement>(`[data-path="${first}"]`)?.focus();
  };
  const send = async (expectedRevision: unknown) => {
    setPending(true);
    setFailure(null);
    try {
      const told = await save(inputOf(fields, known, form.values, isNew), expectedRevision);
      if (told.length === 0) return close();
      const current = told.find(({ code }) => code === "REVISION_MISMATCH")?.current ?? null;
      setConflict(current);
      const { atFields, others } = splitErrors(current ? [] : told, fields.map(({ name }) => name));
      setErrors(others);
      showErrors(atFields);
    } catch (error) {
      setFailure(error);
    } finally {
      setPending(false);
    }
  };
  const submit = () => {
    const problems = { ...problemsOf(fields, known, form.values, isNew), ...incomplete(element.current) };
    setUnchanged(!isNew && !isTyped && Object.keys(problems).length === 0);
    showErrors(problems);
    if (Object.keys(problems).length === 0 && (isNew || isTyped)) void send(known.revision);
  };
  const takeTheirs = () => {
    const next = { ...known, ...conflict };
    setKnown(next);
    form.setValues(toFormValues(fields, next));
    setConflict(null);
  };
  const saveMine = () => void send(conflict?.revision);
  return { form, element, known, conflict, errors, failure, isPending, isUnchanged, submit, takeTheirs, saveMine };
}

/** A date of which only a part was typed has no value: it would be taken for none. */
function incomplete(element: HTMLFormElement | null): Record<string, string> {
  const inputs = [...(element?.querySelectorAll<HTMLInputElement>("input[data-path]") ?? [])];
  return Object.fromEntries(inputs.filter(({ validity }) => validity.badInput).map((input) => [input.dataset.path ?? "", "This is not a complete date."]));
}
