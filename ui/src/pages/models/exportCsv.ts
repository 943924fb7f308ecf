import type { QueryClient } from "@tanstack/react-query";

import { registryQuery } from "../../app/queries";
import { toCsv } from "../../components/csv";
import { type ModelFilter, type ModelOrder, ModelsPageDocument } from "../../gql/graphql";
import type { Field } from "./columns";
import type { ModelRow } from "./useModels";

export const EXPORTED_MAX = 10_000; // rows
const PAGE_ROWS = 100;

type List = { filter: ModelFilter; orderBy: ModelOrder };

/** All rows of a list as CSV, up to a bound; `isCut` says that there are more. */
export async function exportCsv(queries: QueryClient, list: List, fields: readonly Field[], onRead: (rows: number) => void) {
  const rows: ModelRow[] = [];
  let after: string | null = null;
  do {
    const query: ReturnType<typeof page> = page(list, after);
    const { models } = await queries.fetchQuery({ ...query, staleTime: 0, gcTime: 0 });
    rows.push(...models.nodes);
    onRead(rows.length);
    after = models.pageInfo.hasNextPage ? models.pageInfo.endCursor : null;
  } while (after !== null && rows.length < EXPORTED_MAX);
  const headers = fields.map(({ title, csvTitle }) => csvTitle ?? title);
  return { text: toCsv(headers, rows.map((row) => fields.map(({ csv }) => csv(row)))), count: rows.length, isCut: after !== null };
}

const page = ({ filter, orderBy }: List, after: string | null) =>
  registryQuery(ModelsPageDocument, { first: PAGE_ROWS, after, filter, orderBy }, { isKept: false });
