// Lists that are longer than one page: the next page is read when somebody asks for it.
import { useInfiniteQuery } from "@tanstack/react-query";

import type { TypedDocumentString } from "../gql/graphql";
import { documentId, request } from "./api";
import type { IsTouched } from "./queries";

type Page<Node> = { nodes: readonly Node[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };

/** The nodes of a connection, page by page; `connectionOf` finds it in the answer. */
export function useRegistryPages<Result, Variables extends object, Node>(
  document: TypedDocumentString<Result, Variables>,
  variables: Omit<Variables, "after">,
  connectionOf: (result: Result) => Page<Node>,
  isTouched?: IsTouched,
) {
  const query = useInfiniteQuery({
    queryKey: [documentId(document as TypedDocumentString<unknown, never>), "pages", variables],
    queryFn: async ({ pageParam, signal }) =>
      connectionOf(await request(document, { ...variables, after: pageParam } as unknown as Variables, signal)),
    initialPageParam: null as string | null,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? pageInfo.endCursor : undefined),
    meta: { isTouched },
    placeholderData: (previous) => previous,
  });
  return { ...query, data: query.data?.pages.flatMap(({ nodes }) => nodes) };
}
