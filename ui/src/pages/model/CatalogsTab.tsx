import { Stack, Title } from "@mantine/core";

import { useRegistryPages } from "../../app/pages";
import { sentJson } from "../../components/exactJson";
import { DataTable } from "../../components/DataTable";
import { Empty, QueryState } from "../../components/QueryState";
import { Time } from "../../components/Time";
import { words } from "../../components/words";
import { ModelCatalogsDocument } from "../../gql/graphql";
import { bindingName, touches } from "./model";
import { MoreBindings } from "./MoreBindings";
import { bindingsOf } from "./useRest";

/** Which catalogs list the bindings, and where they and the registry disagree. */
export function CatalogsTab({ name }: { name: string }) {
  const query = useRegistryPages(ModelCatalogsDocument, { name }, bindingsOf, { isTouched: touches(name) });
  return (
    <QueryState
      query={query}
      isEmpty={(bindings) => !query.hasNextPage && !bindings.some(({ entries }) => entries.length > 0)}
      empty="No catalog lists this model: it was entered by hand or through the API."
    >
      {(bindings) => {
        const rows = bindings.flatMap((binding) => binding.entries.map((entry) => ({ binding, entry })));
        const differences = rows.flatMap(({ binding, entry }) =>
          entry.differences.map((difference) => ({ binding, entry, difference })),
        );
        return (
          <Stack>
            <MoreBindings query={query} />
            <DataTable
              caption="Entries of catalogs"
              rows={rows}
              rowKey={({ entry }) => entry.id}
              columns={[
                { key: "catalog", header: "Catalog", cell: ({ entry }) => entry.catalog.name },
                { key: "key", header: "Entry", cell: ({ entry }) => <span className="mono">{entry.key}</span> },
                { key: "binding", header: "Binding", cell: ({ binding }) => bindingName(binding) },
                { key: "first", header: "First seen", cell: ({ entry }) => <Time at={entry.firstSeenAt} /> },
                { key: "last", header: "Last seen", cell: ({ entry }) => <Time at={entry.lastSeenAt} /> },
                { key: "delisted", header: "Delisted", cell: ({ entry }) => (entry.delistedAt ? <Time at={entry.delistedAt} /> : "no") },
              ]}
            />
            <Title order={2} size="h4">Where catalogs and the registry disagree</Title>
            {differences.length === 0 ? <Empty>They agree.</Empty> : (
              <DataTable
                caption="Differences"
                rows={differences}
                rowKey={({ entry, difference }) => `${entry.id} ${difference.field}`}
                columns={[
                  { key: "binding", header: "Binding", cell: ({ binding }) => bindingName(binding) },
                  { key: "field", header: "Field", cell: ({ difference }) => words(difference.field) },
                  { key: "catalog", header: "Catalog", cell: ({ entry }) => entry.catalog.name },
                  { key: "theirs", header: "In the catalog", cell: ({ difference }) => <Value of={difference.catalogValue} /> },
                  { key: "ours", header: "In the registry", cell: ({ difference }) => <Value of={difference.registryValue} /> },
                  { key: "why", header: "Because", cell: ({ difference }) => (difference.because === "EDITED" ? "it was edited here" : "another catalog has precedence") },
                ]}
              />
            )}
          </Stack>
        );
      }}
    </QueryState>
  );
}

function Value({ of }: { of: unknown }) {
  return <span className="mono">{typeof of === "string" ? of : sentJson(of)}</span>;
}
