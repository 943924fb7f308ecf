import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";

import { useRegistryQuery } from "../../app/queries";
import { ConfirmButton } from "../../components/ConfirmButton";
import { DataTable } from "../../components/DataTable";
import { FormErrors } from "../../components/FormErrors";
import { QueryState } from "../../components/QueryState";
import { Time } from "../../components/Time";
import type { UserError } from "../../components/userErrors";
import { words } from "../../components/words";
import { ModelAliasesDocument, type ModelAliasesQuery } from "../../gql/graphql";
import { useOpenDialog } from "./edit/editing";
import { AddButton } from "./edit/menus";
import { useAliases } from "./edit/useAliases";
import { type Model, touches } from "./model";

type Alias = NonNullable<ModelAliasesQuery["model"]>["aliases"][number];

/** The aliases, which version each names, and who moved it when. */
export function AliasesTab({ model }: { model: Model }) {
  const query = useRegistryQuery(ModelAliasesDocument, { name: model.name }, { isTouched: touches(model.name) });
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
            {data.model?.aliases.map((alias) => <AliasCard key={alias.id} alias={alias} model={model} />)}
          </Stack>
        )}
      </QueryState>
    </>
  );
}

function AliasCard({ alias, model }: { alias: Alias; model: Model }) {
  const { nodes, pageInfo } = alias.history;
  return (
    <Card withBorder component="section" aria-label={`Alias ${alias.name}`}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">{alias.name} is {alias.version.version}</Title>
        <Actions alias={alias} model={model} />
      </Group>
      <DataTable
        caption={`History of ${alias.name}`}
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

/** The version that the alias named before; undefined when it never named another that still exists. */
function previousOf({ version, history }: Alias) {
  return history.nodes.find(({ versionNumber }) => versionNumber !== version.number);
}

function Actions({ alias, model }: { alias: Alias; model: Model }) {
  const open = useOpenDialog();
  const { rollBack, isPending } = useAliases(model);
  const [errors, setErrors] = useState<readonly UserError[]>([]);
  const [failure, setFailure] = useState<unknown>(null);
  const previous = previousOf(alias);
  if (!open) return null;
  const confirm = () => {
    setFailure(null);
    void rollBack(alias).then(setErrors, setFailure);
  };
  return (
    <Stack gap="xs" align="flex-end">
      <Group gap="xs">
        <Button size="xs" variant="default" aria-label={`Move ${alias.name}`} onClick={() => open({ kind: "moveAlias", alias })}>Move</Button>
        {previous && (
          <ConfirmButton label="Roll back" size="xs" variant="default" isPending={isPending} onConfirm={confirm}>
            <Text>
              {alias.name} will name {previous.versionLabel} again, in place of {alias.version.version}. Callers of{" "}
              {model.name} by this alias get it at once. You can undo this.
            </Text>
          </ConfirmButton>
        )}
        <Button size="xs" variant="outline" color="red" aria-label={`Delete ${alias.name}`} onClick={() => open({ kind: "deleteAlias", alias })}>Delete</Button>
      </Group>
      <FormErrors errors={errors} failure={failure} />
    </Stack>
  );
}
