import "./overview.css";

import { Stack } from "@mantine/core";

import { useRegistryQuery } from "../../app/queries";
import { PageHeader } from "../../components/PageHeader";
import { QueryState } from "../../components/QueryState";
import { OverviewPageDocument, type OverviewPageQuery } from "../../gql/graphql";
import { Alarms } from "./Alarms";
import { Counts } from "./Counts";
import { LatestChanges } from "./LatestChanges";
import { ProviderHealth } from "./ProviderHealth";
import { Retiring } from "./Retiring";
import { Runs } from "./Runs";

export type Overview = OverviewPageQuery;

export const RETIRING_DAYS = 90;
const DAY_MS = 86_400_000;
const REFRESH_MS = 15_000; // health comes of outcomes, of which no event tells

const dayIn = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

/** The state of the registry: what is there, what is wrong, what comes, and what has happened. */
export function OverviewPage() {
  const period = { retireFrom: dayIn(0), retireTo: dayIn(RETIRING_DAYS) }; // another day makes it another query
  const query = useRegistryQuery(OverviewPageDocument, period, { refetchMs: REFRESH_MS });
  return (
    <>
      <PageHeader title="Overview" />
      <QueryState query={query}>
        {(overview) => (
          <>
            <Counts stats={overview.stats} />
            <div className="overview-columns">
              <Stack>
                <Alarms stats={overview.stats} />
                <Retiring retirements={overview.retirements} />
                <Runs catalogs={overview.catalogs} lastRun={overview.retentionStats.lastRun} />
              </Stack>
              <LatestChanges events={overview.auditEvents} />
            </div>
            <ProviderHealth providers={overview.stats.bindingsByProvider} total={overview.stats.providers} />
          </>
        )}
      </QueryState>
    </>
  );
}
