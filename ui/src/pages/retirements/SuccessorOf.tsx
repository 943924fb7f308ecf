import { Stack, Text } from "@mantine/core";
import { useState } from "react";

import { useMay } from "../../app/viewer";
import { ConfirmButton } from "../../components/ConfirmButton";
import { FormErrors } from "../../components/FormErrors";
import { TextLink } from "../../components/TextLink";
import type { UserError } from "../../components/userErrors";
import type { SuccessorRule } from "../../gql/graphql";
import { useAliases } from "../model/edit/useAliases";
import type { Retirement } from "./RetirementsPage";

const WHY: Record<SuccessorRule, string> = {
  OTHER_BINDING: "another binding serves the same version longer",
  SAME_MODEL: "the latest active version of the same model that lasts longer",
  SAME_FAMILY: "by its name alone: the newest model whose name begins alike and that can do as much",
};

/** What the registry proposes instead, by its rules; its aliases can be moved there where it is of the same model. */
export function SuccessorOf({ retirement }: { retirement: Retirement }) {
  const { successor, version } = retirement;
  const mayWrite = useMay("EDITOR");
  if (!successor) return <Text size="sm" c="dimmed">no version fits</Text>;
  const isMovable = mayWrite && successor.rule === "SAME_MODEL";
  return (
    <Stack gap={4} align="flex-start">
      <span>
        <TextLink to="/models/$name" params={{ name: successor.modelName }}>{successor.modelName}</TextLink>{" "}
        {successor.versionLabel}
      </span>
      <Text size="xs" c="dimmed">{WHY[successor.rule]}</Text>
      {isMovable && version.aliasNames.map((alias) => <MoveAlias key={alias} alias={alias} retirement={retirement} />)}
    </Stack>
  );
}

function MoveAlias({ alias, retirement: { version, successor } }: { alias: string; retirement: Retirement }) {
  const { set, isPending } = useAliases({ name: version.modelName });
  const [errors, setErrors] = useState<readonly UserError[]>([]);
  const [failure, setFailure] = useState<unknown>(null);
  if (!successor) return null;
  const confirm = () => {
    setFailure(null);
    void set(alias, successor.versionLabel, version.id).then(setErrors, setFailure);
  };
  return (
    <>
      <ConfirmButton label={`Move ${alias}`} size="compact-xs" variant="default" isPending={isPending} onConfirm={confirm}>
        <Text>
          {alias} will name {successor.versionLabel} of {version.modelName}, in place of {version.version}. You can undo this
          at once, or roll it back on the page of the model.
        </Text>
      </ConfirmButton>
      <FormErrors errors={errors} failure={failure} />
    </>
  );
}
