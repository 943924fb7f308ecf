import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { PageHeader } from "../../components/PageHeader";
import { Cheapest } from "./Cheapest";
import { Changes } from "./Changes";
import { CHANGES_DAYS } from "./search";

/** What a call costs at each provider, and which prices have changed. */
export function PricesPage() {
  const { view = "cheapest" } = useSearch({ from: "/prices" });
  const navigate = useNavigate({ from: "/prices" });
  const show = (next: string | null) =>
    void navigate({ search: (search) => ({ ...search, view: next === "changes" ? "changes" : undefined }) });
  return (
    <>
      <PageHeader title="Prices" />
      <Tabs value={view} onChange={show} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="cheapest">Cheapest provider</Tabs.Tab>
          <Tabs.Tab value="changes">Changes of the last {CHANGES_DAYS} days</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="cheapest"><Cheapest /></Tabs.Panel>
        <Tabs.Panel value="changes"><Changes /></Tabs.Panel>
      </Tabs>
    </>
  );
}
