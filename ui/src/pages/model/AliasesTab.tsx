import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";

import { useRegistryQuery } from "../../app/queries";
import { DataTable } from "../../components/DataTable";
import { QueryState } from "../../components/QueryState";
import { Time } from "../../components/Time";
import { words } from "../../components/words";
import { ModelAliasesDocument, type ModelAliasesQuery } from "../../gql/graphql";
import { useOpenDialog } from "./edit/editing";
import { AddButton } from "./edit/menus";
import { type Model, touches } from "./model";

type Alias = NonNullable<ModelAliasesQuery["model"]>["aliases"][number];

/** The aliases, which version each names, and who moved it when. */
export function AliasesTab({ model }: { model: Model }) {
  const query = useRegistryQuery(ModelAliasesDocument, { name: model.name }, { isTouched: touches(model.name, model.id) });
  return (
    <>
      {model.versions.nodes.length > 0 && <AddButton label="Set an alias" dialog={{ kind: "createAlias" }} />}
      <QueryState
        query={query}
        isEmpty={(data) => data.model?.aliases.length === 0}
        empty="This model has no alias. An alias such as production lets callers name a version that you can change."
      >
        {(data) => (
          <Stack>
            {data.model?.aliases.map((alias) => <AliasCard key={alias.id} alias={alias} />)}
          </Stack>
        )}
      </QueryState>
    </>
  );
}

function AliasCard({ alias }: { alias: Alias }) {
  const { nodes, pageInfo } = alias.history;
  return (
    <Card withBorder component="section" aria-label={`Alias ${alias.name}`}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">{alias.name} is {alias.version.version}</Title>
        <Actions alias={alias} />
      </Group>
      <DataTable
        caption={`History of ${alias.name}`}
        stays="at"
        rows={nodes.map((change, index) => ({ ...change, index }))}
        rowKey={({ index }) => index}
        columns={[
          { key: "at", header: "When", cell: ({ at }) => <Time at={at} /> },
          { key: "action", header: "What", cell: ({ action }) => words(action) },
          { key: "version", header: "Version", cell: ({ versionLabel }) => versionLabel },
          { key: "actor", header: "By", cell: ({ actor }) => actor },
        ]}
      />
      {pageInfo.hasNextPage && <Text c="dimmed">These are the {nodes.length} newest changes; there are more.</Text>}
    </Card>
  );
}

/** The newest version that the alias named before and can name again; undefined when there is none. */
function previousOf({ version, history }: Alias) {
  return history.nodes.map((change) => change.version).find((each) => each && each.id !== version.id && each.status !== "ARCHIVED");
}

function Actions({ alias }: { alias: Alias }) {
  const open = useOpenDialog();
  const previous = previousOf(alias);
  if (!open) return null;
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" aria-label={`Move ${alias.name}`} onClick={() => open({ kind: "moveAlias", alias })}>Move</Button>
      {previous && (
        <Button size="xs" variant="default" aria-label={`Roll back ${alias.name}`} onClick={() => open({ kind: "rollBackAlias", alias, previous })}>
          Roll back
        </Button>
      )}
      <Button size="xs" variant="outline" color="red" aria-label={`Delete ${alias.name}`} onClick={() => open({ kind: "deleteAlias", alias })}>Delete</Button>
    </Group>
  );
}
