import { Alert, Button, Checkbox, Group, Stack } from "@mantine/core";
import { type ReactNode, useState } from "react";

import { FormErrors } from "../../../components/FormErrors";
import type { UserError } from "../../../components/userErrors";
import { Differences } from "./Differences";
import { useFrame } from "./DialogFrame";
import type { Field, Known } from "./fields";
import type { WriteError } from "./useWrite";

type Props = {
  label: string;
  color?: string;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  /** The object as it was shown, and its fields: what another person has changed since is shown. */
  base: Known;
  fields?: readonly Field[];
  /** Said beside a box that forces it, once the registry has refused it as the object is in use. */
  forceLabel?: string;
  run: (expectedRevision: unknown, force: boolean) => Promise<readonly WriteError[]>;
};

/** Asks before a write that has no fields. */
export function ConfirmForm({ label, color, children, base, fields = [], forceLabel, run }: Props) {
  const { close, cancel } = useFrame();
  const [current, setCurrent] = useState<Known | null>(null);
  const [errors, setErrors] = useState<readonly UserError[]>([]);
  const [failure, setFailure] = useState<unknown>(null);
  const [isForced, setForced] = useState(false);
  const [isPending, setPending] = useState(false);
  const isInUse = errors.some(({ code }) => code === "IN_USE");
  const send = async (clicks: number) => {
    // The second click of a double click is no answer: by then the button may say something else.
    if (clicks > 1 || isPending) return;
    setPending(true);
    setFailure(null);
    try {
      const told = await run((current ?? base).revision, isForced);
      if (told.length === 0) return close();
      const found = told.find(({ code }) => code === "REVISION_MISMATCH")?.current ?? null;
      if (found) setCurrent(found);
      setErrors(found ? [] : told);
    } catch (error) {
      setFailure(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Stack>
      {children}
      {current && (
        <Alert color="yellow" variant="outline" role="alert" title="Somebody else has changed this since you opened it: nothing was done">
          <Differences fields={fields} base={base} theirs={current} />
        </Alert>
      )}
      <FormErrors errors={errors} failure={failure} />
      {isInUse && forceLabel && <Checkbox label={forceLabel} checked={isForced} onChange={({ currentTarget }) => setForced(currentTarget.checked)} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={cancel}>Cancel</Button>
        <Button color={color} loading={isPending} disabled={isInUse && forceLabel !== undefined && !isForced} onClick={({ detail }) => void send(detail)}>
          {current ? `${label} all the same` : label}
        </Button>
      </Group>
    </Stack>
  );
}
