import { List, Text } from "@mantine/core";

import { count } from "../../components/numbers";
import { Section } from "../../components/Section";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import type { Overview } from "./OverviewPage";

type Props = { catalogs: Overview["catalogs"]["nodes"]; lastRun: Overview["retentionStats"]["lastRun"] };

/** When catalogs were imported, and when retention ran. */
export function Runs({ catalogs, lastRun }: Props) {
  return (
    <Section title="Imports and retention">
      {catalogs.length === 0 ? <Text>No catalog was imported yet: run `registry import`.</Text> : (
        <List listStyleType="none" spacing={4}>
          {catalogs.map(({ id, name, importedAt }) => (
            <List.Item key={id}>
              {name}: {importedAt ? <>imported <Time at={importedAt} /></> : "never imported"}
            </List.Item>
          ))}
        </List>
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
