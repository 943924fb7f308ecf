import { Button, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { useRegistryMutation } from "../../app/queries";
import { useMay } from "../../app/viewer";
import { ConfirmButton } from "../../components/ConfirmButton";
import { Time } from "../../components/Time";
import { RetentionSetHoldDocument } from "../../gql/graphql";
import { HoldDialog } from "./HoldDialog";
import { nameOf, tell, useReadAgain, type Version } from "./retention";

/** The hold on a version, who put it and when; and putting or lifting it. */
export function HoldCell({ version }: { version: Version }) {
  const [isOpen, setOpen] = useState(false);
  const mayHold = useMay("EDITOR");
  const { hold } = version;
  return (
    <Stack gap={4} align="flex-start">
      {hold ? (
        <>
          <span>{hold.reason}</span>
          <Text size="xs" c="dimmed">{hold.actor}, <Time at={hold.at} /></Text>
          {mayHold && <Release version={version} />}
        </>
      ) : mayHold ? (
        <Button size="compact-xs" variant="default" aria-label={`Hold ${nameOf(version)}`} onClick={() => setOpen(true)}>Hold</Button>
      ) : (
        <Text c="dimmed" size="sm">none</Text>
      )}
      {isOpen && <HoldDialog modelName={version.modelName} version={version.version} onClose={() => setOpen(false)} />}
    </Stack>
  );
}

function Release({ version }: { version: Version }) {
  const set = useRegistryMutation(RetentionSetHoldDocument);
  const readAgain = useReadAgain();
  const name = nameOf(version);
  const run = async () => {
    const input = { version: { id: version.id }, expectedRevision: version.revision, reason: null };
    await tell(set.mutateAsync(input).then((data) => data.setVersionHold), `${name} is held no longer.`, `The hold on ${name} was not lifted`);
    readAgain();
  };
  return (
    <ConfirmButton label="Lift" name={`Lift the hold on ${name}`} size="compact-xs" variant="default" isPending={set.isPending} onConfirm={() => void run()}>
      <Text size="sm">
        {version.status === "ARCHIVED"
          ? "A purge may then delete this archive for good, once it is old enough."
          : "The next run of retention may then archive this version."}
      </Text>
    </ConfirmButton>
  );
}
