import { Alert, Button, Code, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { useRef, useState } from "react";

export type Secret = { name: string; secret: string; isOfThisPage?: boolean };

/** Shows a secret once. It is closed by its button alone, as nobody can show the secret again. */
export function SecretDialog({ shown, onClose }: { shown: Secret | null; onClose: () => void }) {
  return (
    <Modal
      opened={shown !== null} onClose={onClose} size="lg" title={shown ? `The secret of ${shown.name}` : ""}
      closeOnClickOutside={false} closeOnEscape={false} withCloseButton={false}
    >
      {shown && <Content {...shown} onClose={onClose} />}
    </Modal>
  );
}

function Content({ secret, isOfThisPage, onClose }: Secret & { onClose: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  if (!secret)
    return (
      <Stack>
        <Alert color="red" variant="outline" title="The secret was not sent">
          The registry has answered this call before, and keeps no secrets. Rotate the token to get another one.
        </Alert>
        <Button variant="default" onClick={onClose}>Close</Button>
      </Stack>
    );
  return (
    <Stack>
      <Alert color="yellow" variant="outline" title="This secret is shown once">
        The registry stores its hash alone. Copy it now to where its bearer reads it, such as a secret manager. If it is
        lost, rotate the token.
      </Alert>
      <TextInput
        ref={field} label="Secret" value={secret} readOnly onFocus={(event) => event.currentTarget.select()}
        classNames={{ input: "mono" }} data-autofocus
      />
      <Text size="sm" c="dimmed">Its bearer sends it with each request: <Code>Authorization: Bearer …</Code></Text>
      {isOfThisPage && <Text size="sm">This page used the token, and uses its new secret from now on.</Text>}
      <Group justify="flex-end">
        <CopySecret secret={secret} onFailure={() => field.current?.select()} />
        <Button variant="default" onClick={onClose}>I have kept it</Button>
      </Group>
    </Stack>
  );
}

type CopyState = "not yet" | "copied" | "selected";

/** Copies the secret; where the browser does not allow that, as over plain HTTP, it is selected. */
function CopySecret({ secret, onFailure }: { secret: string; onFailure: () => void }) {
  const [state, setState] = useState<CopyState>("not yet");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret);
      setState("copied");
    } catch {
      onFailure();
      setState("selected");
    }
  };
  return (
    <>
      <Text span size="sm" role="status">{state === "selected" && "The browser lets no page copy here: press Ctrl+C."}</Text>
      <Button leftSection={state === "copied" ? <Check size={16} /> : <Copy size={16} />} onClick={() => void copy()}>
        {state === "copied" ? "Copied" : "Copy the secret"}
      </Button>
    </>
  );
}
