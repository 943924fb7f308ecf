import {
  ActionIcon, Autocomplete, Button, Checkbox, Fieldset, Group, Input, Radio, Select, SimpleGrid, Stack, Switch, Textarea, TextInput,
} from "@mantine/core";
import { X } from "lucide-react";
import type { ReactNode } from "react";

import { CAPABILITIES, capabilityName } from "../../../components/capabilityNames";
import type { Capability } from "../../../gql/graphql";
import type { Field, FormValue, LabelRow } from "./fields";

export type Bound<Value> = { value: Value; onChange: (value: Value) => void; error?: ReactNode };
type Props = { field: Field } & Bound<FormValue>;

/** Fields that take the whole width of a form. */
export const isWide = ({ kind }: Field) => ["text", "json", "capabilities", "labels"].includes(kind);

const INPUT_MODES = { whole: "numeric", digits: "numeric", number: "decimal", decimal: "decimal", perMillion: "decimal" } as const;

/** The input of a field. Numbers are typed as text, so that none is changed on its way. */
export function FieldInput({ field, value, onChange, error }: Props) {
  const { kind, name, label, description, placeholder, isRequired } = field;
  const common = { label, description, placeholder, error, required: isRequired, autoComplete: "off", "data-path": name };
  const text = { ...common, value: String(value ?? "") };
  switch (kind) {
    case "switch":
      return <Switch {...{ label, description, error }} data-path={name} checked={value === true} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />;
    case "capabilities":
      return <CapabilitiesInput field={field} value={value as readonly Capability[] | null} onChange={onChange} error={error} />;
    case "labels":
      return <LabelsInput field={field} value={value as readonly LabelRow[]} onChange={onChange} error={error} />;
    case "choice":
      return <Select {...text} data={field.options as never} allowDeselect={!isRequired} onChange={(chosen) => onChange(chosen ?? "")} />;
    case "suggested":
      return <Autocomplete {...text} data={field.options as string[]} onChange={onChange} />;
    case "text":
      return <Textarea {...text} autosize minRows={2} maxRows={8} onChange={({ currentTarget }) => onChange(currentTarget.value)} />;
    case "json":
      return (
        <Textarea
          {...text} autosize minRows={3} maxRows={16} spellCheck={false} classNames={{ input: "mono" }}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    case "day":
    case "moment":
      return <TextInput {...text} type={kind === "day" ? "date" : "datetime-local"} onChange={({ currentTarget }) => onChange(currentTarget.value)} />;
    default:
      return (
        <TextInput
          {...text} inputMode={INPUT_MODES[kind as keyof typeof INPUT_MODES]}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
  }
}

type CapabilitiesProps = { field: Field } & Bound<readonly Capability[] | null>;

/** Unknown is a state of its own, beside none: what is unknown may be found out, what is none is not there. */
function CapabilitiesInput({ field, value, onChange, error }: CapabilitiesProps) {
  return (
    <Fieldset legend={field.label}>
      <Stack gap="xs">
        <Input.Description>{field.description}</Input.Description>
        <Radio.Group
          aria-label={`Whether the ${field.label.toLowerCase()} are known`}
          value={value === null ? "unknown" : "known"}
          onChange={(chosen) => onChange(chosen === "unknown" ? null : [])}
        >
          <Group>
            <Radio value="unknown" label="Unknown" data-path={field.name} />
            <Radio value="known" label="Known: only those that are checked" />
          </Group>
        </Radio.Group>
        {value !== null && (
          <Checkbox.Group aria-label={field.label} value={[...value]} onChange={(chosen) => onChange([...chosen].sort() as Capability[])}>
            <SimpleGrid cols={{ base: 2, sm: 3 }} spacing="xs" verticalSpacing="xs">
              {CAPABILITIES.map((each) => <Checkbox key={each} value={each} label={capabilityName(each)} />)}
            </SimpleGrid>
          </Checkbox.Group>
        )}
        {error && <Input.Error>{error}</Input.Error>}
      </Stack>
    </Fieldset>
  );
}

type LabelsProps = { field: Field } & Bound<readonly LabelRow[]>;

function LabelsInput({ field, value, onChange, error }: LabelsProps) {
  const change = (index: number, part: Partial<LabelRow>) =>
    onChange(value.map((row, each) => (each === index ? { ...row, ...part } : row)));
  return (
    <Fieldset legend={field.label}>
      <Stack gap="xs">
        <Input.Description>{field.description}</Input.Description>
        {value.map((row, index) => (
          <Group key={index} gap="xs" wrap="nowrap">
            <TextInput
              flex={1} aria-label={`Key of label ${index + 1}`} placeholder="key" maxLength={63} autoComplete="off" data-path={`${field.name}.${index}`}
              value={row.key} onChange={({ currentTarget }) => change(index, { key: currentTarget.value })}
            />
            <TextInput
              flex={2} aria-label={`Value of label ${index + 1}`} placeholder="value" maxLength={255} autoComplete="off"
              value={row.value} onChange={({ currentTarget }) => change(index, { value: currentTarget.value })}
            />
            <ActionIcon variant="default" size="lg" aria-label={`Remove label ${index + 1}`} onClick={() => onChange(value.filter((_, each) => each !== index))}>
              <X size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        {error && <Input.Error role="alert">{error}</Input.Error>}
        <Button size="xs" variant="default" data-path={field.name} style={{ alignSelf: "flex-start" }} onClick={() => onChange([...value, { key: "", value: "" }])}>
          Add a label
        </Button>
      </Stack>
    </Fieldset>
  );
}
