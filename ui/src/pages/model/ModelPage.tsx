import { Badge, Group, Tabs, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useCallback } from "react";

import { useChanges } from "../../app/App";
import type { Change } from "../../app/live";
import { registryQuery, useRegistryQuery } from "../../app/queries";
import { PageHeader } from "../../components/PageHeader";
import { Empty, Loading, QueryState } from "../../components/QueryState";
import { Time } from "../../components/Time";
import { words } from "../../components/words";
import { ModelPageDocument } from "../../gql/graphql";
import { AliasesTab } from "./AliasesTab";
import { AuditTab } from "./AuditTab";
import { BindingsTab } from "./BindingsTab";
import { CatalogsTab } from "./CatalogsTab";
import { EditingProvider } from "./edit/EditingProvider";
import { ModelButtons } from "./edit/menus";
import { showDone } from "./edit/Notices";
import type { Model } from "./model";
import { isModelName, NAME_LENGTH_MAX, touches } from "./model";
import { TABS, type Tab } from "./search";
import { VersionsTab } from "./VersionsTab";

// The charts' library is large: it is loaded with the first tab that has one.
const PricesTab = lazy(() => import("./PricesTab").then(({ PricesTab }) => ({ default: PricesTab })));
const UsageTab = lazy(() => import("./UsageTab").then(({ UsageTab }) => ({ default: UsageTab })));

/** One model: its versions, and which provider serves them, at which price, how well, and since when. */
export function ModelPage() {
  const { name } = useParams({ from: "/models/$name" });
  const isName = isModelName(name);
  const query = useRegistryQuery(ModelPageDocument, { name }, { isTouched: touches(name), isKept: false, isEnabled: isName });
  if (!isName) return <Empty>No model has such a name: names have 1 to {NAME_LENGTH_MAX} letters, digits and . _ - : / @</Empty>;
  return (
    <QueryState
      query={query}
      isEmpty={({ model }) => model === null}
      empty={`The registry has no model with the name ${name}. It may have been renamed or deleted.`}
    >
      {({ model }) => model && <ModelView model={model} />}
    </QueryState>
  );
}

/** Goes to the model's new address when it is renamed while it is looked at. */
function useRenames(model: Model): void {
  const queries = useQueryClient();
  const navigate = useNavigate({ from: "/models/$name" });
  const { id, name } = model;
  const follow = useCallback(({ model: changed }: Change) => {
    if (changed?.id !== id || changed.name === name) return;
    const params = { name: changed.name };
    // What is known moves along, so that a form that is open stays as it is; it is read again at once.
    queries.setQueryData(registryQuery(ModelPageDocument, params).queryKey, { model: { ...model, ...params } }, { updatedAt: 0 });
    void navigate({ params, search: (search) => search, replace: true });
    showDone(`${name} was renamed to ${changed.name}.`);
  }, [id, name, model, queries, navigate]);
  useChanges(follow);
}

function ModelView({ model }: { model: Model }) {
  const { tab = "versions" } = useSearch({ from: "/models/$name" });
  const navigate = useNavigate({ from: "/models/$name" });
  useRenames(model);
  return (
    <EditingProvider model={model}>
      <PageHeader title={model.name}><ModelButtons /></PageHeader>
      <Summary model={model} />
      <Tabs
        key={model.id} // the rows of one model are not shown for another one while its own are read
        value={tab}
        keepMounted={false}
        onChange={(next) => void navigate({ search: (search) => ({ ...search, tab: (next as Tab | null) ?? undefined }) })}
      >
        <Tabs.List mb="md">
          {TABS.map((each) => <Tabs.Tab key={each} value={each}>{words(each).replace(/^./, (c) => c.toUpperCase())}</Tabs.Tab>)}
        </Tabs.List>
        <Panel tab="versions"><VersionsTab model={model} /></Panel>
        <Panel tab="bindings"><BindingsTab model={model} /></Panel>
        <Panel tab="prices"><PricesTab name={model.name} /></Panel>
        <Panel tab="usage"><UsageTab name={model.name} /></Panel>
        <Panel tab="aliases"><AliasesTab model={model} /></Panel>
        <Panel tab="catalogs"><CatalogsTab name={model.name} /></Panel>
        <Panel tab="audit"><AuditTab name={model.name} /></Panel>
      </Tabs>
    </EditingProvider>
  );
}

function Panel({ tab, children }: { tab: Tab; children: ReactNode }) {
  return (
    <Tabs.Panel value={tab}>
      <Suspense fallback={<Loading />}>{children}</Suspense>
    </Tabs.Panel>
  );
}

function Summary({ model }: { model: Model }) {
  return (
    <>
      <Group gap="xs" mb="xs">
        <Badge variant="light">{words(model.task)}</Badge>
        {model.subject && <Badge variant="outline" color="gray">{model.subject}</Badge>}
        {model.labels.map(({ key, value }) => (
          <Badge key={key} variant="outline" color="gray">{key}: {value}</Badge>
        ))}
        <Text size="sm" c="dimmed">changed <Time at={model.updatedAt} /></Text>
      </Group>
      {model.description ? <Text mb="md" maw="80ch">{model.description}</Text> : <Empty>It has no description.</Empty>}
    </>
  );
}
