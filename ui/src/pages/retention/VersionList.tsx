import { Button, Group } from "@mantine/core";
import type { ReactNode } from "react";

import { type Column, DataTable } from "../../components/DataTable";
import { ModelPicker } from "../../components/ModelPicker";
import { Empty, Loading, QueryError } from "../../components/QueryState";
import { nameColumn } from "./nameColumn";
import { useVersions, type Version } from "./retention";
import { modelsOf, type RetentionSearch } from "./search";

export type TabProps = { search: RetentionSearch; onChange: (change: RetentionSearch, isTyped?: boolean) => void };

type Props = TabProps & {
  list: "archives" | "holds";
  caption: string;
  columns: Column<Version>[];
  /** Why there is nothing, without a model. */
  empty: string;
  children?: ReactNode;
};

/** A list of versions, of all models or of one, page by page. */
export function VersionList({ search, onChange, list, caption, columns, empty, children }: Props) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useVersions(list, modelsOf(search));
  const rows = data?.pages.flatMap(({ nodes }) => nodes) ?? [];
  return (
    <>
      <Group align="end" mb="md">
        <ModelPicker label="Model" placeholder="All models" value={search.model} onChange={(model) => onChange({ model })} />
        {children}
      </Group>
      {error && <QueryError error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && rows.length === 0 && (
        search.model === undefined ? <Empty>{empty}</Empty> : <Empty>There is nothing of {search.model}. Clear the model to see all.</Empty>
      )}
      {rows.length > 0 && <DataTable caption={caption} stays="name" columns={[NAME, ...columns]} rows={rows} rowKey={({ id }) => id} />}
      {hasNextPage && <Button mt="md" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>Show more</Button>}
    </>
  );
}

const NAME = nameColumn<Version>(({ version }) => version);
