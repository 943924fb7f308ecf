import { Button, Container, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";

import { token, useToken as keepToken } from "../../app/token";

/** Asks for a token. It stands in the place of the page that needed one, at that page's address. */
export function SignIn() {
  const [value, setValue] = useState("");
  const [error, setError] = useState(token() ? "The registry does not accept this token: it is wrong, revoked or expired." : "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = value.trim();
    if (/^[!-~]+$/.test(given)) keepToken(given);
    else setError("A token has only printable characters, and no spaces.");
  };
  return (
    <Container size="xs" mt="xl" component="main">
      <form onSubmit={submit}>
        <Stack>
          <Title order={1}>Sign in</Title>
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
          <Button type="submit">Sign in</Button>
          <Text c="dimmed" size="sm">An administrator of the registry issues tokens.</Text>
        </Stack>
      </form>
    </Container>
  );
}
