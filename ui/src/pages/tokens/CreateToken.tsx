import { Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { useRegistryMutation } from "../../app/queries";
import { FormErrors } from "../../components/FormErrors";
import { useOnce } from "../../components/useOnce";
import { splitErrors, type UserError } from "../../components/userErrors";
import { type Role, TokensCreateDocument } from "../../gql/graphql";
import type { Secret } from "./SecretDialog";
import { ROLE_TEXTS, ROLES, TOKENS_KEY } from "./tokens";

const DAY_MS = 86_400_000;
const ON_A_DAY = "day";
const NEVER = "never";
const EXPIRIES = [
  { value: "7", label: "In 7 days" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: ON_A_DAY, label: "After a day" },
  { value: NEVER, label: "Never: until it is revoked" },
];

type Values = { name: string; role: Role; expiry: string; expiresAt: string };

/** When the token ends; null for never. The chosen day is its last one. */
function endOf({ expiry, expiresAt }: Values): string | null {
  if (expiry === NEVER) return null;
  const end = expiry === ON_A_DAY ? Date.parse(expiresAt) + DAY_MS : Date.now() + Number(expiry) * DAY_MS;
  return new Date(end).toISOString();
}

/** A button and its form. The secret is handed to the page, which shows it. */
export function CreateToken({ onCreated }: { onCreated: (secret: Secret) => void }) {
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button onClick={open}>Create a token</Button>
      <Modal opened={isOpen} onClose={close} title="Create a token">
        <TokenForm onCancel={close} onCreated={(secret) => { close(); onCreated(secret); }} />
      </Modal>
    </>
  );
}

function TokenForm({ onCancel, onCreated }: { onCancel: () => void; onCreated: (secret: Secret) => void }) {
  const queries = useQueryClient();
  const { mutateAsync, isPending, error: failure } = useRegistryMutation(TokensCreateDocument);
  const [others, setOthers] = useState<UserError[]>([]);
  const form = useForm<Values>({
    mode: "uncontrolled",
    initialValues: { name: "", role: "READER", expiry: "90", expiresAt: "" },
    validate: {
      name: (name) => (name.trim() ? null : "A name is needed."),
      expiresAt: (day, { expiry }) => (expiry === ON_A_DAY && !day ? "Choose the last day on which it is valid." : null),
    },
  });
  const [expiry, setExpiry] = useState("90");
  form.watch("expiry", ({ value }) => setExpiry(value));
  const submit = useOnce(async (values: Values) => {
    const { createToken } = await mutateAsync({ name: values.name.trim(), role: values.role, expiresAt: endOf(values) });
    const { atFields, others } = splitErrors(createToken?.userErrors ?? [], ["name", "role", "expiresAt"]);
    if (expiry !== ON_A_DAY && atFields.expiresAt) atFields.expiry = atFields.expiresAt;
    form.setErrors(atFields);
    setOthers(others);
    if (!createToken?.token) return false;
    void queries.invalidateQueries({ queryKey: TOKENS_KEY });
    onCreated({ name: createToken.token.name, secret: createToken.secret ?? "" });
    return true;
  });
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values).catch(() => undefined))} noValidate>
      <FormErrors errors={others} failure={failure} />
      <Stack>
        <TextInput
          label="Name" description="Lower-case letters, digits and . _ -, up to 63. The audit log names it, so it is unique for ever."
          autoComplete="off" data-autofocus required key={form.key("name")} {...form.getInputProps("name")}
        />
        <RoleSelect key={form.key("role")} {...form.getInputProps("role")} />
        <Select label="Expires" data={EXPIRIES} allowDeselect={false} key={form.key("expiry")} {...form.getInputProps("expiry")} />
        {expiry === ON_A_DAY && (
          <TextInput type="date" label="Last day (UTC)" required key={form.key("expiresAt")} {...form.getInputProps("expiresAt")} />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>Cancel</Button>
          <Button type="submit" loading={isPending}>Create</Button>
        </Group>
      </Stack>
    </form>
  );
}

type RoleSelectProps = { defaultValue?: string; onChange?: (role: string | null) => void; error?: React.ReactNode };

function RoleSelect({ defaultValue, onChange, error }: RoleSelectProps) {
  const [role, setRole] = useState((defaultValue ?? "READER") as Role);
  return (
    <Select
      label="Role" description={ROLE_TEXTS[role]} data={ROLES} allowDeselect={false} value={role} error={error}
      onChange={(chosen) => {
        setRole(chosen as Role);
        onChange?.(chosen);
      }}
    />
  );
}
