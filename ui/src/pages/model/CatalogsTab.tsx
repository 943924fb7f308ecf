import { Stack, Text, Title } from "@mantine/core";

import { useRegistryPages } from "../../app/pages";
import { DataTable } from "../../components/DataTable";
import { sentJson } from "../../components/exactJson";
import { FoldedList } from "../../components/FoldedList";
import { type Component, componentText, isComponents, kindChanges, kindKey, kindName } from "../../components/priceComponents";
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
    <Stack>
      <QueryState
        query={query}
        note={<MoreBindings query={query} />}
        isEmpty={(bindings) => !bindings.some(({ entries }) => entries.length > 0)}
        empty="No catalog lists this model: it was entered by hand or through the API."
      >
        {(bindings) => {
          const rows = bindings.flatMap((binding) => binding.entries.map((entry) => ({ binding, entry })));
          const differences = rows.flatMap(({ binding, entry }) =>
            entry.differences.map((difference) => ({ binding, entry, difference })),
          );
          return (
            <>
              <DataTable
                caption="Entries of catalogs"
                stays="key"
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
                  stays="of"
                  rows={differences}
                  rowKey={({ entry, difference }) => `${entry.id} ${difference.field}`}
                  columns={[
                    { key: "of", header: "Field and binding", cell: (row) => <Of {...row} /> },
                    { key: "catalog", header: "Catalog", cell: ({ entry }) => entry.catalog.name },
                    { key: "theirs", header: "In the catalog", cell: ({ difference }) => <Theirs difference={difference} /> },
                    { key: "ours", header: "In the registry", cell: ({ difference }) => <Ours difference={difference} /> },
                    { key: "why", header: "Because", cell: ({ difference }) => (difference.because === "EDITED" ? "it was edited here" : "another catalog has precedence") },
                  ]}
                />
              )}
            </>
          );
        }}
      </QueryState>
    </Stack>
  );
}

type Difference = { catalogValue: unknown; registryValue: unknown };

/** Which value it is: a binding may have several that differ. */
function Of({ binding, difference }: { binding: Parameters<typeof bindingName>[0]; difference: { field: string } }) {
  return <div className="wide-cell">{words(difference.field)}<Text size="sm" c="dimmed">of {bindingName(binding)}</Text></div>;
}

const Theirs = ({ difference: { catalogValue, registryValue } }: { difference: Difference }) => <Value of={catalogValue} other={registryValue} />;
const Ours = ({ difference: { catalogValue, registryValue } }: { difference: Difference }) => <Value of={registryValue} other={catalogValue} />;

const isPrice = (value: unknown): value is Component[] => isComponents(value) || (Array.isArray(value) && value.length === 0);

/** One side of a disagreement. Of two prices it is what the other one does not have or has with another amount. */
function Value({ of, other }: { of: unknown; other: unknown }) {
  const [own, others] = [of ?? [], other ?? []]; // null is a price that is not known
  if (isPrice(own) && isPrice(others) && (isComponents(own) || isComponents(others))) return <PriceSide of={own} other={others} />;
  return <div className="mono any-value">{typeof of === "string" ? of : sentJson(of)}</div>;
}

function PriceSide({ of, other }: { of: Component[]; other: Component[] }) {
  const lines = kindChanges(of, other).map(({ kind, before }) => ({
    key: kindKey(kind),
    shown: before === null ? `${kindName(kind)}: unknown` : componentText({ ...kind, amount: before }),
  }));
  return <FoldedList title={`${lines.length} prices differ`} items={lines} />;
}
