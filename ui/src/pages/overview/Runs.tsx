import { Code, List, Text } from "@mantine/core";

import { count } from "../../components/numbers";
import { Section } from "../../components/Section";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import type { Overview } from "./OverviewPage";

type Catalog = Overview["catalogs"]["nodes"][number];
type Import = NonNullable<Catalog["lastImport"]>;
type Props = { catalogs: Overview["catalogs"]; lastRun: Overview["retentionStats"]["lastRun"] };

/** When catalogs were imported and what that changed, and when retention ran. */
export function Runs({ catalogs: { nodes, pageInfo }, lastRun }: Props) {
  return (
    <Section title="Imports and retention">
      {nodes.length === 0 ? <Text>No catalog was imported yet: run `registry import`.</Text> : (
        <List listStyleType="none" spacing={4}>
          {nodes.map((catalog) => <List.Item key={catalog.id}><LastImport catalog={catalog} /></List.Item>)}
        </List>
      )}
      {pageInfo.hasNextPage && (
        <Text size="sm">These are the first {nodes.length} catalogs by name. The field <Code>catalogs</Code> of the API has all.</Text>
      )}
      <Text mt="xs">
        {lastRun
          ? <>Retention ran <Time at={lastRun.at} /> by {lastRun.actor}: {count(lastRun.archived)} archived, {count(lastRun.purged)} purged.</>
          : "Retention has not run yet."}{" "}
        <TextLink to="/retention">The plan</TextLink>
      </Text>
    </Section>
  );
}

function LastImport({ catalog: { name, importedAt, lastImport } }: { catalog: Catalog }) {
  return (
    <>
      {name}: {importedAt ? <>imported <Time at={importedAt} /></> : "never imported"}{" "}
      <TextLink to="/audit" search={{ actors: [`import:${name}`] }} aria-label={`Its changes: the audit events of imports of ${name}`}>Its changes</TextLink>
      {lastImport && !lastImport.succeeded && (
        <Text size="sm" fw={600}>The last import failed <Time at={lastImport.endedAt} /> and changed nothing: run `registry import` again.</Text>
      )}
      {lastImport && <Text size="sm" c="dimmed">{figures(lastImport) || "What it changed is not known."}</Text>}
    </>
  );
}

/** The counts that are known; those of what is rare only where there is any. */
function figures({ entries, created, changed, delisted, relisted, conflicts, skipped }: Import): string {
  const always = [{ value: entries, what: "entries" }, { value: created, what: "objects created" }, { value: changed, what: "values changed" }];
  const rare = [
    { value: delisted, what: "delisted" }, { value: relisted, what: "listed again" },
    { value: conflicts, what: "values left as edited" }, { value: skipped, what: "skipped" },
  ];
  const said = [...always, ...rare.filter(({ value }) => value !== 0)];
  return said.flatMap(({ value, what }) => (value === null || value === undefined ? [] : [`${count(value)} ${what}`])).join(", ");
}
