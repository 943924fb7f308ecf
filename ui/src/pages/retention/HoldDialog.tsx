import { Alert, Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";

import { useRegistryMutation, useRegistryQuery } from "../../app/queries";
import { FormErrors } from "../../components/FormErrors";
import { QueryState } from "../../components/QueryState";
import { splitErrors, type UserError } from "../../components/userErrors";
import { words } from "../../components/words";
import { RetentionSetHoldDocument, RetentionVersionDocument } from "../../gql/graphql";
import { nameOf, useReadAgain, type Version } from "./retention";

type Props = { modelName: string; version: string; onClose: () => void };

/** Asks why a version is to be held, and holds it. */
export function HoldDialog({ modelName, version, onClose }: Props) {
  const ref = { inModel: { model: { name: modelName }, select: { version } } };
  const query = useRegistryQuery(RetentionVersionDocument, { version: ref }, { isTouched: () => true, isKept: false });
  return (
    <Modal opened onClose={onClose} title={`Hold ${modelName} ${version}`}>
      <QueryState query={query} isEmpty={({ version: found }) => found === null} empty="There is no such version any more.">
        {({ version: found }) => found && <HoldForm now={found} onClose={onClose} />}
      </QueryState>
    </Modal>
  );
}

function HoldForm({ now, onClose }: { now: Version; onClose: () => void }) {
  const [seen, setSeen] = useState(now); // as it was when the dialog was opened, or last looked at
  const [reason, setReason] = useState(now.hold?.reason ?? "");
  const [error, setError] = useState<string>();
  const [others, setOthers] = useState<readonly UserError[]>([]);
  const set = useRegistryMutation(RetentionSetHoldDocument);
  const readAgain = useReadAgain();
  const save = async () => {
    if (!reason.trim()) return setError("Say why: others will read it when they plan retention.");
    const { setVersionHold } = await set.mutateAsync({ version: { id: seen.id }, expectedRevision: seen.revision, reason: reason.trim() });
    const { atFields, others: rest } = splitErrors(setVersionHold?.userErrors ?? [], ["reason"]);
    setError(atFields.reason);
    setOthers(rest);
    readAgain();
    if (!setVersionHold?.version) return;
    notifications.show({ message: `${nameOf(now)} is held.`, color: "green" });
    onClose();
  };
  const changes = changesBetween(seen, now);
  return (
    <form noValidate onSubmit={(event) => { event.preventDefault(); void save().catch(() => undefined); }}>
      <FormErrors errors={changes.length > 0 ? others.filter(({ code }) => code !== "REVISION_MISMATCH") : others} failure={set.error ?? undefined} />
      <Stack>
        <Text size="sm">A held version is neither archived nor purged, until the hold is lifted.</Text>
        {changes.length > 0 && (
          <Alert color="yellow" variant="outline" role="alert" title="Somebody has changed this version meanwhile">
            <Stack gap="xs" align="flex-start">
              {changes.map((text) => <span key={text}>{text}</span>)}
              <Group gap="xs">
                <Button size="xs" variant="default" onClick={() => { setSeen(now); setOthers([]); }}>Go on with mine</Button>
                <Button size="xs" variant="default" onClick={onClose}>Keep theirs</Button>
              </Group>
            </Stack>
          </Alert>
        )}
        <Textarea
          label="Reason" required data-autofocus autosize minRows={2} maxLength={1_000} value={reason} error={error}
          onChange={({ currentTarget }) => { setReason(currentTarget.value); setError(undefined); }}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={set.isPending} disabled={changes.length > 0}>Hold</Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What another person has changed of what this dialog is about. */
function changesBetween(seen: Version, now: Version): string[] {
  if (seen.revision === now.revision) return [];
  const changes = [
    seen.status !== now.status && `Its status is ${words(now.status)}; it was ${words(seen.status)}.`,
    seen.hold?.reason !== now.hold?.reason &&
      (now.hold ? `${now.hold.actor} holds it: “${now.hold.reason}”.` : "The hold that it had was lifted."),
  ].filter((text) => text !== false);
  return changes.length > 0 ? changes : ["Other fields of it have changed."];
}
