import { Alert, Button, Container, Divider, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";

import { request } from "../../app/api";
import { advice, ApiError } from "../../app/errors";
import { goToIssuer, type Issuer, readIssuer } from "../../app/session";
import { token, useToken as keepToken } from "../../app/token";
import { AppFrameDocument } from "../../gql/graphql";

type Props = {
  /** Why one has to sign in; by default, that the token of the tab is not accepted, if there is one. */
  problem?: string;
  /** Called with a token that the registry accepts; by default the page begins anew with it. */
  onToken?: (token: string) => void;
};

/** Asks for a token, or leads to the issuer. It stands in the place of the page that needed one, at its address. */
export function SignIn({ problem, onToken = keepToken }: Props) {
  const shown = problem ?? (token() ? "The registry does not accept your token any more: it is wrong, revoked or expired." : "");
  const [issuer, setIssuer] = useState<Issuer | null>(null);
  useEffect(() => {
    document.title = "Sign in - Model Registry";
    readIssuer().then(setIssuer, () => undefined); // without it, a token can be given
  }, []);
  return (
    <Container size="xs" mt="xl" component="main">
      <Stack>
        <div>
          <Text fw={700}>Model Registry</Text>
          <Title order={1}>Sign in</Title>
        </div>
        {shown && <Alert color="red" variant="outline" role="alert">{shown}</Alert>}
        {issuer && <WithIssuer issuer={issuer} />}
        {issuer && <Divider label="or" />}
        <WithToken onToken={onToken} isSecond={issuer !== null} />
      </Stack>
    </Container>
  );
}

function WithIssuer({ issuer }: { issuer: Issuer }) {
  const [error, setError] = useState("");
  const [isLeaving, setLeaving] = useState(false);
  const go = () => {
    setLeaving(true);
    goToIssuer(issuer).catch((cause: unknown) => {
      setLeaving(false);
      setError(`The page of ${new URL(issuer.authority).host} cannot be opened. (${cause instanceof Error ? cause.message : String(cause)})`);
    });
  };
  return (
    <>
      <Button onClick={go} loading={isLeaving}>Sign in with {new URL(issuer.authority).host}</Button>
      {error && <Alert color="red" variant="outline" role="alert">{error}</Alert>}
    </>
  );
}

function WithToken({ onToken, isSecond }: { onToken: (token: string) => void; isSecond: boolean }) {
  const [value, setValue] = useState("");
  const [error, setError] = useState("");
  const [isAsking, setAsking] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const given = value.trim();
    if (!/^[!-~]+$/.test(given)) return setError("A token has only printable characters, and no spaces.");
    setAsking(true);
    const refusal = await refusalOf(given);
    setAsking(false);
    setError(refusal);
    if (!refusal) onToken(given);
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <PasswordInput
          label="Token"
          description="It is kept until you close this tab."
          value={value}
          error={error}
          onChange={(event) => setValue(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
          required
        />
        <Button type="submit" variant={isSecond ? "default" : "filled"} loading={isAsking}>Sign in with the token</Button>
        <Text c="dimmed" size="sm">An administrator of the registry issues tokens.</Text>
      </Stack>
    </form>
  );
}

/** Why the registry refuses a token; empty when it accepts it. */
export async function refusalOf(given: string): Promise<string> {
  try {
    await request(AppFrameDocument, {}, undefined, given);
    return "";
  } catch (error) {
    const code = error instanceof ApiError ? error.code : "";
    const message = error instanceof Error ? error.message : String(error);
    if (code === "UNAUTHENTICATED") return `The registry does not accept this token. (${message})`;
    if (code === "FORBIDDEN") return `The registry knows who you are, and gives you no role: ask its administrators for one. (${message})`;
    if (code === "RATE_LIMITED") return `Too many wrong tokens came from your address. ${advice(error)}`;
    return `${advice(error)} (${message})`;
  }
}
