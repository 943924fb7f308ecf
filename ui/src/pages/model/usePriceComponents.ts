import { useQueries } from "@tanstack/react-query";

import { registryQuery } from "../../app/queries";
import type { Component } from "../../components/priceComponents";
import { ModelPriceComponentsDocument } from "../../gql/graphql";

const IDS_MAX = 100; // of one request; the components of all prices would be more than one query may ask for

/** The components of prices, by their IDs; undefined while they are not known. Prices are never edited, so they are read once. */
export function usePriceComponents(ids: readonly string[]) {
  const chunks = Array.from({ length: Math.ceil(ids.length / IDS_MAX) }, (_, n) => ids.slice(n * IDS_MAX, (n + 1) * IDS_MAX));
  const results = useQueries({
    queries: chunks.map((chunk) => ({ ...registryQuery(ModelPriceComponentsDocument, { ids: chunk }, { isTouched: () => false }), staleTime: Infinity })),
  });
  const found = new Map<string, readonly Component[]>();
  for (const { data } of results)
    for (const node of data?.nodes ?? []) if (node && "components" in node) found.set(node.id, node.components);
  const isReading = results.some(({ isPending, isPlaceholderData }) => isPending || isPlaceholderData);
  return { componentsOf: (id: string) => found.get(id), isReading, error: results.find(({ error }) => error !== null)?.error ?? null };
}
