import { useState } from "react";

import { useRegistryPages } from "../../app/pages";
import type { TypedDocumentString } from "../../gql/graphql";
import { touches } from "./model";

type Page<Node> = { nodes: Node[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };

const NONE = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };

/** The bindings of a model with what a tab shows of them, page by page; none of a model that does not exist. */
export const bindingsOf = <Binding>({ model }: { model: { bindings: Page<Binding> } | null }): Page<Binding> => model?.bindings ?? NONE;

/** A list of the model that begins with a page of the page's own query, and goes on by another document when asked. */
export function useRest<Result, Node>(
  name: string,
  first: Page<Node>,
  document: TypedDocumentString<Result, { name: string; after: string }>,
  connectionOf: (result: Result) => Page<Node> | undefined,
) {
  const [isAsked, setAsked] = useState(false);
  const rest = useRegistryPages(document, { name }, (result) => connectionOf(result) ?? (NONE as Page<Node>), {
    isTouched: touches(name),
    startAfter: first.pageInfo.endCursor,
    isEnabled: isAsked && first.pageInfo.hasNextPage,
  });
  if (!isAsked) {
    const more = { hasNextPage: first.pageInfo.hasNextPage, isFetchingNextPage: false, fetchNextPage: () => setAsked(true) };
    return { nodes: first.nodes, more, error: null };
  }
  const more = { ...rest, isFetchingNextPage: rest.isFetching };
  return { nodes: [...first.nodes, ...(rest.data ?? [])], more, error: rest.error };
}
