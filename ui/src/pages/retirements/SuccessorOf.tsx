import { Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { useRegistryMutation } from "../../app/queries";
import { useMay } from "../../app/viewer";
import { ConfirmButton } from "../../components/ConfirmButton";
import { FormErrors } from "../../components/FormErrors";
import { TextLink } from "../../components/TextLink";
import type { UserError } from "../../components/userErrors";
import { RetirementsSetAliasDocument, type SuccessorRule } from "../../gql/graphql";
import type { Retirement } from "./RetirementsPage";

const WHY: Record<SuccessorRule, string> = {
  OTHER_BINDING: "another binding serves the same version longer",
  SAME_MODEL: "the newest active version of the same model",
  SAME_FAMILY: "the newest of the same family that can do as much",
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
  const queries = useQueryClient();
  const move = useRegistryMutation(RetirementsSetAliasDocument);
  const [errors, setErrors] = useState<readonly UserError[]>([]);
  if (!successor) return null;
  const confirm = () =>
    move.mutate(
      {
        model: { name: version.modelName },
        alias,
        version: { inModel: { model: { name: version.modelName }, select: { version: successor.versionLabel } } },
        expectedVersion: version.id,
      },
      {
        onSuccess: ({ setAlias }) => {
          setErrors(setAlias?.userErrors ?? []);
          void queries.invalidateQueries();
        },
      },
    );
  return (
    <>
      <ConfirmButton label={`Move ${alias}`} size="compact-xs" variant="default" isPending={move.isPending} onConfirm={confirm}>
        <Text>
          {alias} will name {successor.versionLabel} of {version.modelName}, in place of {version.version}. You can roll this
          back on the page of the model.
        </Text>
      </ConfirmButton>
      <FormErrors errors={errors} failure={move.error} />
    </>
  );
}
