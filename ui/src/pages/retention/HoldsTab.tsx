import { Button, Group, Modal, Select, Stack } from "@mantine/core";
import { useState } from "react";

import { useRegistryQuery } from "../../app/queries";
import { useMay } from "../../app/viewer";
import { StateBadge } from "../../components/Badges";
import type { Column } from "../../components/DataTable";
import { ModelPicker } from "../../components/ModelPicker";
import { words } from "../../components/words";
import { RetentionVersionsDocument } from "../../gql/graphql";
import { HoldCell } from "./HoldCell";
import { HoldDialog } from "./HoldDialog";
import type { Version } from "./retention";
import { type TabProps, VersionList } from "./VersionList";

/** The versions that somebody holds, and holding another one. */
export function HoldsTab(props: TabProps) {
  const mayHold = useMay("EDITOR");
  return (
    <VersionList {...props} list="holds" caption="Held versions" columns={columns} empty="No version is held.">
      {mayHold && <HoldAnother model={props.search.model} />}
    </VersionList>
  );
}

const columns: Column<Version>[] = [
  { key: "status", header: "Status", cell: ({ status }) => <StateBadge state={status} /> },
  { key: "aliases", header: "Aliases", cell: ({ aliasNames }) => aliasNames.join(", ") || "none" },
  { key: "hold", header: "Why it is held", cell: (version) => <HoldCell version={version} /> },
];

/** Asks for a model and one of its versions, then for the reason. */
function HoldAnother({ model: given }: { model: string | undefined }) {
  const [isOpen, setOpen] = useState(false);
  const [model, setModel] = useState<string>();
  const [version, setVersion] = useState<string>();
  const close = () => {
    setOpen(false);
    setVersion(undefined);
  };
  const open = () => {
    setModel(given);
    setOpen(true);
  };
  return (
    <>
      <Button onClick={open}>Hold a version</Button>
      {isOpen && model && version && <HoldDialog modelName={model} version={version} onClose={close} />}
      <Modal opened={isOpen && !version} onClose={close} title="Hold a version">
        <Stack>
          <ModelPicker label="Model" placeholder="Search by name" required value={model} onChange={setModel} data-autofocus />
          <VersionSelect model={model} onChange={setVersion} />
          <Group justify="flex-end"><Button variant="default" onClick={close}>Cancel</Button></Group>
        </Stack>
      </Modal>
    </>
  );
}

function VersionSelect({ model, onChange }: { model: string | undefined; onChange: (version: string) => void }) {
  const query = useRegistryQuery(RetentionVersionsDocument, { model: { name: model ?? "" } }, { isEnabled: model !== undefined, isKept: false });
  const versions = query.data?.model?.versions.nodes ?? [];
  const error = query.error?.message ?? (query.data?.model === null ? "There is no such model." : undefined);
  return (
    <Select
      label="Version" required searchable disabled={versions.length === 0} value={null} error={error}
      description={query.data?.model?.versions.pageInfo.hasNextPage && `The ${versions.length} newest are listed. The page of the model has all, and holds any of them.`}
      placeholder={model === undefined ? "Choose a model first" : "Choose one"}
      data={versions.map(({ version, status, hold }) => ({
        value: version,
        label: `${version}, ${words(status)}${hold ? ", held" : ""}`,
      }))}
      onChange={(version) => version && onChange(version)}
    />
  );
}
