import "./retention.css";

import { Tabs, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { useRegistryQuery } from "../../app/queries";
import { PageHeader } from "../../components/PageHeader";
import { QueryState } from "../../components/QueryState";
import { RetentionPageDocument } from "../../gql/graphql";
import { ArchivesTab } from "./ArchivesTab";
import { HoldsTab } from "./HoldsTab";
import { PlanTab } from "./PlanTab";
import { touchesRetention } from "./retention";
import type { RetentionSearch, Tab } from "./search";
import { Stats } from "./Stats";

/** Which versions retention archives, which it has archived, and which it must not. */
export function RetentionPage() {
  const search = useSearch({ from: "/retention" });
  const navigate = useNavigate({ from: "/retention" });
  const change = (changed: RetentionSearch, isTyped = false) =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: isTyped, resetScroll: false });
  const stats = useRegistryQuery(RetentionPageDocument, {}, { isTouched: touchesRetention });
  const tab = search.tab ?? "plan";
  return (
    <>
      <PageHeader title="Retention" />
      <Text c="dimmed" mb="md" maw="75ch">
        Retention keeps the latest versions of each model, and moves the bindings, prices and metadata of older ones to cold
        storage. An archived version is not routed to; it can be restored until it is purged.
      </Text>
      <QueryState query={stats}>{({ retentionStats }) => <Stats stats={retentionStats} />}</QueryState>
      <Tabs
        value={tab} keepMounted={false} mt="lg"
        onChange={(next) => change({ tab: next === "plan" ? undefined : (next as Tab) })}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="plan">Plan</Tabs.Tab>
          <Tabs.Tab value="archives">Archives</Tabs.Tab>
          <Tabs.Tab value="holds">Holds</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="plan"><PlanTab search={search} onChange={change} /></Tabs.Panel>
        <Tabs.Panel value="archives"><ArchivesTab search={search} onChange={change} /></Tabs.Panel>
        <Tabs.Panel value="holds"><HoldsTab search={search} onChange={change} /></Tabs.Panel>
      </Tabs>
    </>
  );
}
