import { useSearch } from "@tanstack/react-router";

import { useRegistryPages } from "../../app/pages";
import { MoreButton } from "../../components/MoreButton";
import { PageHeader } from "../../components/PageHeader";
import { QueryState } from "../../components/QueryState";
import { RetirementsPageDocument, type RetirementsPageQuery } from "../../gql/graphql";
import { MonthSection } from "./Month";
import { RetirementFilters } from "./RetirementFilters";
import { filterOf } from "./search";

export type Retirement = RetirementsPageQuery["retirements"]["nodes"][number];

/** What is deprecated or ends when, what points there, and what could be used instead. */
export function RetirementsPage() {
  const search = useSearch({ from: "/retirements" });
  const query = useRegistryPages(
    RetirementsPageDocument,
    { first: 50, filter: filterOf(search) },
    ({ retirements }) => retirements,
    { isTouched: ({ event }) => ["VERSION", "BINDING", "ALIAS", "MODEL"].includes(event.kind) },
  );
  return (
    <>
      <PageHeader title="Retirements" />
      <RetirementFilters search={search} />
      <QueryState
        query={query}
        isEmpty={(retirements) => retirements.length === 0}
        empty="Nothing is known to be deprecated or to end in this time. Choose an earlier first day to see what has ended."
      >
        {(retirements) => (
          <div aria-busy={query.isPlaceholderData}>
            {months(retirements).map(([month, ofMonth], index, { length }) => (
              <MonthSection key={month} month={month} retirements={ofMonth} goesOn={query.hasNextPage && index === length - 1} />
            ))}
            <MoreButton query={query} />
          </div>
        )}
      </QueryState>
    </>
  );
}

/** The retirements of each month, such as "2026-11". */
function months(retirements: readonly Retirement[]): [string, Retirement[]][] {
  const byMonth = new Map<string, Retirement[]>();
  for (const retirement of retirements) {
    const month = retirement.on.slice(0, 7);
    byMonth.set(month, [...(byMonth.get(month) ?? []), retirement]);
  }
  return [...byMonth];
}
