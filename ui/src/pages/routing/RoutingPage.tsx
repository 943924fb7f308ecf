import "./routing.css";

import { Stack, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

import { useChanges } from "../../app/App";
import type { Change } from "../../app/live";
import { useRegistryQuery } from "../../app/queries";
import { LIST_MAX } from "../../app/search";
import { PageHeader } from "../../components/PageHeader";
import { Empty, Loading } from "../../components/QueryState";
import { RoutingPageDocument } from "../../gql/graphql";
import { RouteForm } from "./RouteForm";
import { fieldErrors, RouteProblem } from "./RouteProblem";
import { RouteResult } from "./RouteResult";
import type { RoutingSearch } from "./search";
import { useRoute } from "./useRoute";

const FORM_KINDS = new Set(["MODEL", "VERSION", "ALIAS"]);

/** Which bindings a gateway would be told to call, and why not the others. */
export function RoutingPage() {
  const search = useSearch({ from: "/routing" });
  const navigate = useNavigate({ from: "/routing" });
  const change = (changed: RoutingSearch, isTyped = false) =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: isTyped, resetScroll: false });
  const isTouched = ({ event, model }: Change) =>
    event.kind === "PROVIDER" || (FORM_KINDS.has(event.kind) && isCalled(model?.name ?? event.subjectName, search.model));
  const page = useRegistryQuery(RoutingPageDocument, { model: { name: search.model ?? "" } }, { isTouched });
  const state = useRoute(search);
  useRetryAfterChanges(state.error, search.model, state.retry);
  const { route, error } = state;
  const left = search.excludeBindings ?? [];
  const bindings = [...(route?.candidates ?? []), ...(route?.excluded ?? [])].map(({ binding }) => binding);
  return (
    <>
      <PageHeader title="Routing" />
      <Text c="dimmed" mb="md" maw="75ch">
        Where a gateway would be told to send a call, and why it would not be told the other bindings. The address of this
        page has the whole form: share it to show the same route.
      </Text>
      <Stack gap="lg">
        <RouteForm
          search={search} onChange={change} errors={fieldErrors(error)} page={page.data} bindings={bindings}
          onReset={() => void navigate({ search: {}, resetScroll: false })}
        />
        {search.model === undefined && <Empty>Choose a model to see its candidates.</Empty>}
        {error && <RouteProblem error={error} search={search} page={page.data} onChange={change} onRetry={state.retry} />}
        {search.model !== undefined && !error && !route && <Loading />}
        {route && !error && (
          <RouteResult
            state={{ ...state, route }}
            onLeaveOut={left.length < LIST_MAX ? (id) => change({ excludeBindings: [...left, id] }) : undefined}
          />
        )}
      </Stack>
    </>
  );
}

/** What ended the subscription may be mended by a change, such as a version that was restored: then ask again. */
function useRetryAfterChanges(error: Error | null, model: string | undefined, retry: () => void): void {
  const isEnded = error !== null;
  const onChange = useCallback(
    ({ model: changed }: Change) => {
      if (isEnded && isCalled(changed?.name, model)) retry();
    },
    [isEnded, model, retry],
  );
  useChanges(onChange);
}

const isCalled = (name: string | null | undefined, wanted: string | undefined) => name?.toLowerCase() === wanted?.toLowerCase();
