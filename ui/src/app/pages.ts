// Lists that are longer than one page: the next page is read when somebody asks for it.
import { useInfiniteQuery } from "@tanstack/react-query";

import type { TypedDocumentString } from "../gql/graphql";
import { documentId, request } from "./api";
import { type IsTouched, refetchAfter } from "./queries";

type Page<Node> = { nodes: readonly Node[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };

type Options<Moving> = {
  isTouched?: IsTouched;
  startAfter?: string | null;
  isEnabled?: boolean;
  refetchMs?: number;
  /** Variables that go on with the time, asked for each request; `of` says what they follow from. */
  moving?: { of: unknown; variables: () => Moving };
};

/** The nodes of a connection, page by page from `startAfter` on; `connectionOf` finds it in the answer. */
export function useRegistryPages<Result, Variables extends object, Node, Moving extends object = object>(
  document: TypedDocumentString<Result, Variables>,
  variables: Omit<Variables, "after" | keyof Moving>,
  connectionOf: (result: Result) => Page<Node>,
  { isTouched, startAfter = null, isEnabled = true, refetchMs, moving }: Options<Moving> = {},
) {
  const query = useInfiniteQuery({
    queryKey: [documentId(document as TypedDocumentString<unknown, never>), "pages", variables, startAfter, moving?.of],
    queryFn: async ({ pageParam, signal }) =>
      connectionOf(await request(document, { ...variables, ...moving?.variables(), after: pageParam } as unknown as Variables, signal)),
    initialPageParam: startAfter,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? pageInfo.endCursor : undefined),
    meta: { isTouched },
    enabled: isEnabled,
    refetchInterval: ({ state }) => refetchAfter(state.error, refetchMs ?? false),
    // The rows of other filters stay until theirs are there; the rest of another list would be wrong.
    placeholderData: startAfter === null ? (previous) => previous : undefined,
  });
  return { ...query, data: query.data?.pages.flatMap(({ nodes }) => nodes) };
}
