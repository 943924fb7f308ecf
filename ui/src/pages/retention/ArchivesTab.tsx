import { Group, Text, Tooltip } from "@mantine/core";
import { useState } from "react";

import { useRegistryMutation } from "../../app/queries";
import { useMay } from "../../app/viewer";
import { ConfirmButton } from "../../components/ConfirmButton";
import type { Column } from "../../components/DataTable";
import { bytes, count } from "../../components/numbers";
import { Time } from "../../components/Time";
import { Unknown } from "../../components/Unknown";
import { RetentionRestoreDocument } from "../../gql/graphql";
import { HoldCell } from "./HoldCell";
import { nameOf, tell, useReadAgain, type Version } from "./retention";
import { type TabProps, VersionList } from "./VersionList";

const WHY = { RETENTION: "by retention", MANUAL: "by hand" } as const;

/** What is in cold storage: since when, why and how much; and bringing it back. */
export function ArchivesTab(props: TabProps) {
  const mayRestore = useMay("EDITOR");
  const actions: Column<Version> = { key: "restore", header: "Bring back", cell: (version) => <Restore version={version} /> };
  return (
    <VersionList
      {...props} list="archives" caption="Archived versions" columns={mayRestore ? [...columns, actions] : columns}
      empty="No version is archived. Apply a plan, or archive a version on its model's page."
    />
  );
}

function Restore({ version }: { version: Version }) {
  const restore = useRegistryMutation(RetentionRestoreDocument);
  const readAgain = useReadAgain();
  const [isGone, setGone] = useState(false);
  const name = nameOf(version);
  const run = async () => {
    const input = { version: { id: version.id }, expectedRevision: version.revision };
    const write = restore.mutateAsync(input).then((data) => data.restoreVersion);
    setGone(await tell(write, `${name} is restored, with its bindings and prices.`, `${name} was not restored`));
    readAgain();
  };
  return (
    <ConfirmButton
      label="Restore" name={`Restore ${name}`} size="compact-xs" variant="default" isPending={restore.isPending} disabled={isGone}
      onConfirm={() => void run()}
    >
      <Text size="sm">
        {name} gets its bindings, prices and metadata back, with the same ids and the status that it had. Calls may be routed to
        it at once. The next run of retention may archive it again: to keep it, hold it or give it an alias.
      </Text>
    </ConfirmButton>
  );
}

const columns: Column<Version>[] = [
  { key: "at", header: "Archived", cell: ({ archive }) => <Unknown value={archive}>{archive && <Time at={archive.archivedAt} />}</Unknown> },
  { key: "why", header: "Why", cell: ({ archive }) => archive && WHY[archive.reason] },
  { key: "size", header: "Size", isNumeric: true, cell: ({ archive }) => archive && <Size bytes={Number(archive.sizeBytes)} uri={archive.storageUri} /> },
  { key: "purge", header: "May be deleted", cell: ({ archive }) => <Unknown value={archive?.purgeAfter}>{archive?.purgeAfter && <Time at={archive.purgeAfter} />}</Unknown> },
  { key: "hold", header: "Hold", cell: (version) => <HoldCell version={version} /> },
];

function Size({ bytes: size, uri }: { bytes: number; uri: string }) {
  return (
    <Group gap={4} justify="flex-end">
      <Tooltip label={`${count(size)} bytes at ${uri}`}><span tabIndex={0}>{bytes(size)}</span></Tooltip>
    </Group>
  );
}
