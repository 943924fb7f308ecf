// How pages read and write: TanStack Query over `request`, with what makes the data of a page out of date.
import {
  keepPreviousData,
  QueryCache,
  QueryClient,
  useMutation,
  useQuery,
  type UseQueryOptions,
} from "@tanstack/react-query";

import type { TypedDocumentString } from "../gql/graphql";
import { documentId, request, write } from "./api";
import { ApiError, isAway, isPassing } from "./errors";
import type { Change } from "./live";
import { randomId } from "./randomId";

/** Whether a change of the registry touches the data of a query; by default, each does. */
export type IsTouched = (change: Change) => boolean;

declare module "@tanstack/react-query" {
  interface Register {
    queryMeta: { isTouched?: IsTouched };
  }
}

const ATTEMPTS = 3;
export const RECOVERY_MS = 5_000; // between readings while the registry is away

/** When a query that is shown is read again: while the registry is away soon, after other errors not at all. */
export function refetchAfter(error: Error | null, ms: number | false): number | false {
  if (error === null) return ms;
  if (!isAway(error)) return false;
  return Math.max(RECOVERY_MS, error instanceof ApiError ? error.retryAfter * 1_000 : 0);
}

/** Called when the server asks for a token. */
type OnUnauthenticated = () => void;

export function newQueryClient(onUnauthenticated: OnUnauthenticated): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiError && error.code === "UNAUTHENTICATED") onUnauthenticated();
      },
    }),
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < ATTEMPTS && isPassing(error),
        retryDelay: (attempt, error) =>
          error instanceof ApiError && error.retryAfter ? error.retryAfter * 1_000 : 500 * 2 ** attempt,
        // Changes arrive by the subscription (live.ts), so data does not become old by time alone.
        staleTime: 60_000,
        gcTime: 120_000,
        refetchOnWindowFocus: false,
        refetchInterval: ({ state }) => refetchAfter(state.error, false),
        // What the browser thinks of its network says nothing about a registry on the same machine.
        networkMode: "always",
      },
      // A write is repeated by a person alone: each attempt has its own idempotency key.
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

type Options = { isTouched?: IsTouched; isKept?: boolean; isEnabled?: boolean; refetchMs?: number };

/** The options of a query: also for prefetching, and for suspense. */
export function registryQuery<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  { isTouched, isKept = true, isEnabled = true, refetchMs }: Options = {},
): UseQueryOptions<Result> {
  return {
    queryKey: [documentId(document as TypedDocumentString<unknown, never>), variables],
    queryFn: ({ signal }) => request(document, variables, signal),
    meta: { isTouched },
    placeholderData: isKept ? (keepPreviousData as UseQueryOptions<Result>["placeholderData"]) : undefined,
    enabled: isEnabled,
    refetchInterval: ({ state }) => refetchAfter(state.error, refetchMs ?? false),
  };
}

/** Reads a document. With `isKept` (the default) the last answer stays while other variables load. */
export function useRegistryQuery<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  options: Options = {},
) {
  return useQuery(registryQuery(document, variables, options));
}

/**
 * Writes by a document whose variables are `{ input }`. The key lets the server recognise the same call, should
 * the network repeat it.
 *
 * The payload is the mutation's single field. Its `userErrors` are data, not an exception: show them at their fields.
 */
export function useRegistryMutation<Result, Input extends object>(
  document: TypedDocumentString<Result, { input: Input }>,
) {
  return useMutation<Result, Error, Input>({
    mutationFn: (input) => write(document, { input: { idempotencyKey: randomId(), ...input } }),
  });
}
