import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { useChanges, useRecovery, useRestarts } from "../../app/App";
import type { Change } from "../../app/live";
import { RECOVERY_MS, registryQuery } from "../../app/queries";
import {
  type ModelFilter,
  type ModelOrder,
  ModelsPageDocument,
  ModelsPresentDocument,
  type ModelsRowFragment,
} from "../../gql/graphql";
import { PAGE_ROWS, RowWindow, type Source } from "./rowWindow";

const CHECK_MS = 1_000; // changes are looked at at most this often

export type ModelRow = ModelsRowFragment;

function source(queries: QueryClient, filter: ModelFilter, orderBy: ModelOrder): Source<ModelRow> {
  const first = PAGE_ROWS;
  // Kept by the window alone, so not in the cache.
  const options = { staleTime: 0, gcTime: 0 } as const;
  return {
    page: async (after) => {
      const query = registryQuery(ModelsPageDocument, { first, after, filter, orderBy }, { isKept: false });
      const { models } = await queries.fetchQuery({ ...query, ...options });
      return { rows: models.nodes, end: models.pageInfo.hasNextPage ? models.pageInfo.endCursor : null };
    },
    present: async (ids, after) => {
      const variables = { ids, first, after, filter, orderBy };
      const query = registryQuery(ModelsPresentDocument, variables, { isKept: false });
      const { changed, order } = await queries.fetchQuery({ ...query, ...options });
      return { rows: changed.nodes, order: order.nodes.map(({ id }) => id) };
    },
  };
}

/** The list of models by a filter and an order. The rows of the last one stay until the first of this one are read. */
export function useModels(filter: ModelFilter, orderBy: ModelOrder) {
  const queries = useQueryClient();
  const [readings, setReadings] = useState(0);
  const key = JSON.stringify([filter, orderBy]);
  // eslint-disable-next-line -- the key stands for filter and order
  const next = useMemo(() => new RowWindow(source(queries, filter, orderBy)), [queries, key, readings]);
  const [shown, setShown] = useState(next);
  useEffect(() => {
    const show = () => {
      const { isRead, error } = next.snapshot();
      if (isRead || error) setShown(next);
    };
    const forget = next.subscribe(show);
    next.show(0, 0);
    return forget;
  }, [next]);
  useEffect(() => () => shown.close(), [shown]);
  const state = useSyncExternalStore(shown.subscribe, shown.snapshot);
  useLiveCheck(shown);
  const readAgain = useCallback(() => setReadings((count) => count + 1), []);
  useRestarts(readAgain);
  useRecovery(state.error, useCallback(() => shown.retry(), [shown]));
  return { list: shown, state, isStale: shown !== next, readAgain };
}

/** Tells the list about changes, and lets it look at them at most once a second; again later when it could not. */
function useLiveCheck(list: RowWindow<ModelRow>): void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const checkIn = useCallback(
    (ms: number) => {
      timer.current ??= setTimeout(async () => {
        const isChecked = await list.check().then(() => true, () => false);
        timer.current = undefined;
        if (!isChecked) checkIn(RECOVERY_MS);
      }, ms);
    },
    [list],
  );
  const onChange = useCallback(
    ({ model, event }: Change) => {
      if (model) list.touch(model.id);
      else if (event.kind === "MODEL") list.touch(event.subjectId);
      else return;
      checkIn(CHECK_MS);
    },
    [list, checkIn],
  );
  useChanges(onChange);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [list],
  );
}
