import { Alert, Button, Group, Stack, Switch, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import "./compare.css";
import { type IsTouched, useRegistryQuery } from "../../app/queries";
import { ModelPicker } from "../../components/ModelPicker";
import { count } from "../../components/numbers";
import { PageHeader } from "../../components/PageHeader";
import { Empty, QueryState } from "../../components/QueryState";
import { TextLink } from "../../components/TextLink";
import { ComparePageDocument } from "../../gql/graphql";
import { isSameName } from "../model/model";
import { ComparisonTable } from "./ComparisonTable";
import { PRICES_MAX } from "./lowest";
import type { Model } from "./rows";
import { COMPARED_MAX, type CompareSearch, namesOf } from "./search";

/** Whether a change is of one of these models. A change of a provider may show in any. */
const touches = (names: readonly string[]): IsTouched => ({ model, event }) =>
  model ? names.some((name) => isSameName(name, model.name)) : event.kind === "PROVIDER" || event.kind === "MODEL";

/** Two to six models side by side. */
export function ComparePage() {
  const search = useSearch({ from: "/compare" });
  const given = namesOf(search.models);
  const [names, left] = [given.slice(0, COMPARED_MAX), given.slice(COMPARED_MAX)];
  const navigate = useNavigate({ from: "/compare" });
  const change = (part: CompareSearch) => void navigate({ search: (before) => ({ ...before, ...part }), resetScroll: false });
  const show = (next: string[]) => change({ models: next.join(",") || undefined });
  const remove = (name: string) => show(given.filter((each) => !isSameName(each, name)));
  const routable = search.all ? null : true;
  const variables = { names, bindings: routable ? { routable } : {}, routable };
  const query = useRegistryQuery(ComparePageDocument, variables, { isTouched: touches(names), isEnabled: names.length > 0 });
  return (
    <>
      <PageHeader title="Compare" />
      <Group mb="md" gap="md" align="flex-end">
        <AddModel names={names} onAdd={(name) => show([...names, name])} />
        <Stack gap={6}>
          <Switch
            label="Show only differences" checked={search.different ?? false}
            onChange={({ currentTarget }) => change({ different: currentTarget.checked || undefined })}
          />
          <Switch
            label="Also bindings that cannot be called now" checked={search.all ?? false}
            onChange={({ currentTarget }) => change({ all: currentTarget.checked || undefined })}
          />
        </Stack>
      </Group>
      {left.length > 0 && (
        <Alert color="yellow" variant="outline" mb="sm" role="status" title={`At most ${COMPARED_MAX} models are compared`}>
          Not shown: {left.join(", ")}. Remove a model, and the next one takes its place.
        </Alert>
      )}
      {names.length === 0 ? (
        <Empty>
          No models are chosen. Search for them above, or select them in <TextLink to="/models">the list of models</TextLink>.
        </Empty>
      ) : (
        <QueryState query={query}>
          {({ models }) => {
            const found = names.flatMap((name) => models.nodes.filter((model) => isSameName(model.name, name)));
            const missing = names.filter((name) => !models.nodes.some((model) => isSameName(model.name, name)));
            return (
              <>
                {!query.isPlaceholderData && missing.map((name) => <Missing key={name} name={name} onRemove={() => remove(name)} />)}
                {found.length === 1 && <Text mb="sm">Add another model to see how they differ.</Text>}
                {found.map((model) => <CutBindings key={model.id} model={model} />)}
                {found.length > 0 && (
                  <ComparisonTable models={found} isOnlyDifferent={(search.different ?? false) && found.length > 1} onRemove={remove} />
                )}
              </>
            );
          }}
        </QueryState>
      )}
    </>
  );
}

function AddModel({ names, onAdd }: { names: string[]; onAdd: (name: string) => void }) {
  const isFull = names.length >= COMPARED_MAX;
  return (
    <ModelPicker
      key={names.join()} // empty again after each choice
      label="Add a model" w="min(100%, 20rem)" disabled={isFull} value={undefined}
      description={isFull ? `A comparison has at most ${COMPARED_MAX} models.` : "Any part of its name"}
      onChange={(name) => name && !names.some((each) => isSameName(each, name)) && onAdd(name)}
    />
  );
}

/** Says when a model has more bindings, or more lowest prices, than the page reads. */
function CutBindings({ model: { name, bindings, offeredPrices } }: { model: Model }) {
  const isCut = bindings.pageInfo.hasNextPage;
  if (!isCut && offeredPrices.length < PRICES_MAX) return null;
  return (
    <Text mb="sm" size="sm">
      {isCut && `Of ${name}, the ${count(bindings.nodes.length)} bindings with the lowest input price are listed at their providers; there are more. The lowest prices are those of all bindings. `}
      {offeredPrices.length >= PRICES_MAX && `Of ${name}, ${count(PRICES_MAX)} prices are read, the lowest of each kind first; there are more. `}
      <TextLink to="/models/$name" params={{ name }} search={{ tab: "bindings" }}>All bindings of {name}</TextLink>
    </Text>
  );
}

function Missing({ name, onRemove }: { name: string; onRemove: () => void }) {
  return (
    <Alert color="yellow" variant="outline" mb="sm" role="status" title={`There is no model ${name}`}>
      <Stack gap="xs" align="flex-start">
        <span>It may have been renamed or deleted.</span>
        <Button size="xs" variant="default" onClick={onRemove}>Remove it from the comparison</Button>
      </Stack>
    </Alert>
  );
}
