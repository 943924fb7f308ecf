import { Button, Group, Modal, NumberInput, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { useRegistryMutation } from "../../app/queries";
import { replaceToken, useToken as keepToken } from "../../app/token";
import { ConfirmButton } from "../../components/ConfirmButton";
import { FormErrors } from "../../components/FormErrors";
import { splitErrors, type UserError } from "../../components/userErrors";
import { useOnce } from "../../components/useOnce";
import { TokensRevokeDocument, TokensRotateDocument } from "../../gql/graphql";
import type { Secret } from "./SecretDialog";
import { type Token, TOKENS_KEY } from "./tokens";

type Props = {
  token: Token;
  /** Whether this page itself sends the token. */
  isOfThisPage: boolean;
  onRotated: (secret: Secret) => void;
};

/** What can be done with a token that has not ended. */
export function TokenActions(props: Props) {
  return (
    <Group gap="xs" wrap="nowrap" justify="flex-end">
      <Rotate {...props} />
      <Revoke {...props} />
    </Group>
  );
}

function Rotate(props: Props) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const name = `Rotate ${props.token.name}`;
  return (
    <>
      <Button size="xs" variant="default" aria-label={name} onClick={open}>Rotate</Button>
      <Modal opened={isOpen} onClose={close} title={name}>
        <RotateForm {...props} onCancel={close} onRotated={(secret) => { close(); props.onRotated(secret); }} />
      </Modal>
    </>
  );
}

function RotateForm({ token, isOfThisPage, onCancel, onRotated }: Props & { onCancel: () => void }) {
  const queries = useQueryClient();
  const { mutateAsync, isPending, error: failure } = useRegistryMutation(TokensRotateDocument);
  const [others, setOthers] = useState<UserError[]>([]);
  const form = useForm<{ graceMinutes: number | string }>({
    initialValues: { graceMinutes: 60 },
    validate: { graceMinutes: (value) => (typeof value === "number" ? null : "A number of minutes is needed.") },
  });
  const submit = useOnce(async ({ graceMinutes }: { graceMinutes: number | string }) => {
    const { rotateToken } = await mutateAsync({ token: token.id, graceMinutes: Number(graceMinutes) });
    const { atFields, others } = splitErrors(rotateToken?.userErrors ?? [], ["graceMinutes"]);
    form.setErrors(atFields);
    setOthers(others);
    if (!rotateToken?.token) return false;
    const secret = rotateToken.secret ?? "";
    // At once: with the old secret the next request would be refused, and the new one lost from sight.
    if (isOfThisPage && secret) replaceToken(secret);
    void queries.invalidateQueries({ queryKey: TOKENS_KEY });
    onRotated({ name: token.name, secret, isOfThisPage });
    return true;
  });
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values).catch(() => undefined))} noValidate>
      <FormErrors errors={others} failure={failure} />
      <Stack>
        <Text size="sm">The token gets another secret. Name, role and expiry stay.</Text>
        <NumberInput
          label="Minutes for which the secrets before are valid" min={0} max={10_080} allowDecimal={false} data-autofocus
          description="Give its bearers time to take the new one: up to 10,080, which is 7 days. With 0 they end at once: use it when a secret has leaked."
          {...form.getInputProps("graceMinutes")}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>Cancel</Button>
          <Button type="submit" loading={isPending}>Rotate</Button>
        </Group>
      </Stack>
    </form>
  );
}

function Revoke({ token, isOfThisPage }: Props) {
  const queries = useQueryClient();
  const { mutateAsync, isPending } = useRegistryMutation(TokensRevokeDocument);
  const revoke = async () => {
    try {
      const { revokeToken } = await mutateAsync({ id: token.id });
      const problems = revokeToken?.userErrors ?? [];
      if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join(" "));
      notifications.show({ message: `${token.name} is revoked: every server refuses it now.`, color: "green" });
      if (isOfThisPage) keepToken("");
      void queries.invalidateQueries({ queryKey: TOKENS_KEY });
    } catch (error) {
      notifications.show({ title: `${token.name} was not revoked`, message: String(error), color: "red", autoClose: false });
    }
  };
  return (
    <ConfirmButton label="Revoke" name={`Revoke ${token.name}`} color="red" size="xs" variant="light" isPending={isPending} onConfirm={() => void revoke()}>
      <Text size="sm">
        The bearers of {token.name} are refused at once, and their streams and sockets end. This cannot be undone, and no
        other token can have the name.
      </Text>
      {isOfThisPage && <Text size="sm" fw={600} mt="xs">This page uses the token: you will have to sign in with another one.</Text>}
    </ConfirmButton>
  );
}
