// Lists that are longer than one page: the next page is read when somebody asks for it.
import { useInfiniteQuery } from "@tanstack/react-query";

import type { TypedDocumentString } from "../gql/graphql";
import { documentId, request } from "./api";
import type { IsTouched } from "./queries";

type Page<Node> = { nodes: readonly Node[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };

type Options = { isTouched?: IsTouched; startAfter?: string | null; isEnabled?: boolean };

/** The nodes of a connection, page by page from `startAfter` on; `connectionOf` finds it in the answer. */
export function useRegistryPages<Result, Variables extends object, Node>(
  document: TypedDocumentString<Result, Variables>,
  variables: Omit<Variables, "after">,
  connectionOf: (result: Result) => Page<Node>,
  { isTouched, startAfter = null, isEnabled = true }: Options = {},
) {
  const query = useInfiniteQuery({
    queryKey: [documentId(document as TypedDocumentString<unknown, never>), "pages", variables, startAfter],
    queryFn: async ({ pageParam, signal }) =>
      connectionOf(await request(document, { ...variables, after: pageParam } as unknown as Variables, signal)),
    initialPageParam: startAfter,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? pageInfo.endCursor : undefined),
    meta: { isTouched },
    enabled: isEnabled,
    // The rows of other filters stay until theirs are there; the rest of another list would be wrong.
    placeholderData: startAfter === null ? (previous) => previous : undefined,
  });
  return { ...query, data: query.data?.pages.flatMap(({ nodes }) => nodes) };
}
