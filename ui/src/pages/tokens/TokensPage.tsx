import { Alert, Badge, Button, Center, Code, Group, Stack, Switch, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { useMay, useViewer } from "../../app/viewer";
import { type Column, DataTable } from "../../components/DataTable";
import { PageHeader } from "../../components/PageHeader";
import { Empty, Loading, QueryState } from "../../components/QueryState";
import { Time } from "../../components/Time";
import { CreateToken } from "./CreateToken";
import { type Secret, SecretDialog } from "./SecretDialog";
import { TokenActions } from "./TokenActions";
import { hasEnded, STATE_COLORS, stateOf, type Token, useTokens } from "./tokens";

/** All tokens, for an ADMIN: who has which role, until when, and used when. Any other sees its own. */
export function TokensPage() {
  const viewer = useViewer();
  const mayIssue = useMay("ADMIN");
  const [secret, setSecret] = useState<Secret | null>(null);
  return (
    <>
      <PageHeader title="Tokens">{mayIssue && <CreateToken onCreated={setSecret} />}</PageHeader>
      {viewer === null ? <Loading /> : <Notes name={viewer.name} role={viewer.role} />}
      {viewer !== null && <TokenList mayIssue={mayIssue} onRotated={setSecret} />}
      <SecretDialog shown={secret} onClose={() => setSecret(null)} />
    </>
  );
}

function Notes({ name, role }: { name: string; role: string }) {
  if (role !== "ADMIN")
    return (
      <Alert color="yellow" variant="outline" mb="md" title="Your role may not see or issue tokens">
        You are {name}, with the role {role}. Only an ADMIN sees the tokens of others, and creates, rotates and revokes
        them. Ask one, or sign in with a token of that role. Below is your own token, if you have sent one.
      </Alert>
    );
  if (name === "anonymous")
    return (
      <Alert color="yellow" variant="outline" mb="md" title="This registry does not ask for tokens">
        Whoever reaches its address may do everything. <Code>REGISTRY_REQUIRE_TOKENS=true</Code> ends that: create a
        token with the role ADMIN first.
      </Alert>
    );
  return null;
}

type ListProps = { mayIssue: boolean; onRotated: (secret: Secret) => void };

function TokenList({ mayIssue, onRotated }: ListProps) {
  const query = useTokens();
  const { valid } = useSearch({ from: "/tokens" });
  const navigate = useNavigate({ from: "/tokens" });
  return (
    <QueryState query={query}>
      {({ pages }) => {
        const all = pages.flatMap(({ tokens }) => tokens.nodes);
        const rows = valid ? all.filter((token) => !hasEnded(token)) : all;
        const ownId = pages[0]?.token?.id;
        const columns = mayIssue ? [...columnsOf(ownId), actions(ownId, onRotated)] : columnsOf(ownId);
        return (
          <Stack>
            {mayIssue && all.length > 0 && (
              <Switch
                label="Leave out revoked and expired tokens" checked={valid === true}
                onChange={(event) => void navigate({ search: { valid: event.currentTarget.checked || undefined } })}
              />
            )}
            {rows.length > 0 ? <DataTable caption="Tokens" stays="name" columns={columns} rows={rows} rowKey={({ id }) => id} /> : <NoTokens mayIssue={mayIssue} allCount={all.length} />}
            {query.hasNextPage && (
              <Center>
                <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Load more tokens</Button>
              </Center>
            )}
          </Stack>
        );
      }}
    </QueryState>
  );
}

function NoTokens({ mayIssue, allCount }: { mayIssue: boolean; allCount: number }) {
  if (!mayIssue) return <Empty>You have signed in without a token of this registry.</Empty>;
  if (allCount > 0) return <Empty>All these tokens are revoked or expired. Turn the switch off to see them.</Empty>;
  return <Empty>There are no tokens yet. Create one for each person and program that uses the registry.</Empty>;
}

function columnsOf(ownId: string | undefined): Column<Token>[] {
  return [
    {
      key: "name", header: "Name",
      cell: ({ id, name }) => (
        <Group gap="xs" wrap="nowrap">
          <Text span size="sm" fw={600}>{name}</Text>
          {id === ownId && <Badge variant="outline" color="gray">yours</Badge>}
        </Group>
      ),
    },
    { key: "role", header: "Role", cell: ({ role }) => role },
    { key: "state", header: "State", cell: (token) => <Badge variant="light" color={STATE_COLORS[stateOf(token)]}>{stateOf(token)}</Badge> },
    { key: "prefix", header: "Secret", cell: ({ prefix }) => <span className="mono">mrk_{prefix}_…</span> },
    { key: "created", header: "Created", cell: ({ createdAt }) => <Time at={createdAt} /> },
    { key: "expires", header: "Ends", cell: ({ expiresAt, revokedAt }) => <When at={revokedAt ?? expiresAt} otherwise="when revoked" /> },
    { key: "used", header: "Last use", cell: ({ lastUsedAt }) => <When at={lastUsedAt} otherwise="not used yet" /> },
    { key: "rotated", header: "Rotated", cell: ({ rotatedAt }) => <When at={rotatedAt} otherwise="never" /> },
  ];
}

function When({ at, otherwise }: { at: string | null; otherwise: string }) {
  return at ? <Time at={at} /> : <Text span size="sm" c="dimmed">{otherwise}</Text>;
}

function actions(ownId: string | undefined, onRotated: (secret: Secret) => void): Column<Token> {
  return {
    key: "actions", header: <span className="sr-only">Actions</span>,
    cell: (token) => (hasEnded(token) ? null : <TokenActions token={token} isOfThisPage={token.id === ownId} onRotated={onRotated} />),
  };
}
