import { Alert, List, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { useRegistryMutation } from "../../app/queries";
import { useMay } from "../../app/viewer";
import { ConfirmButton } from "../../components/ConfirmButton";
import { FormErrors } from "../../components/FormErrors";
import { count } from "../../components/numbers";
import type { UserError } from "../../components/userErrors";
import { RetentionApplyDocument, type RetentionApplyMutation } from "../../gql/graphql";
import { type Plan, versions } from "./PlanTab";
import { nameOf, useReadAgain } from "./retention";
import { policyOf, type RetentionSearch } from "./search";

const APPLIED_MAX = 200; // that the API takes in one call
const NAMED_MAX = 20; // models in the question; the tables have all of them

type Done = NonNullable<RetentionApplyMutation["applyRetention"]>;

/** Applies exactly the plan that is shown: the API refuses it when it has changed meanwhile. */
export function ApplyPlan({ plan, search }: { plan: Plan; search: RetentionSearch }) {
  const apply = useRegistryMutation(RetentionApplyDocument);
  const [errors, setErrors] = useState<readonly UserError[]>([]);
  const [done, setDone] = useState<Done | null>(null);
  const readAgain = useReadAgain();
  const mayApply = useMay("EDITOR");
  const mayPurge = useMay("ADMIN");
  const run = async () => {
    setDone(null);
    setErrors([]);
    const { applyRetention } = await apply.mutateAsync({ ...policyOf(search), planHash: plan.planHash });
    setErrors(applyRetention?.userErrors ?? []);
    if (applyRetention?.run) setDone(applyRetention);
    readAgain();
  };
  const size = plan.archive.length + plan.purge.length;
  const isForAdmins = search.purgeBefore !== undefined && !mayPurge;
  return (
    <Stack gap="xs" className="retention-apply">
      {mayApply && !isForAdmins && size > 0 && size <= APPLIED_MAX && (
        <ConfirmButton
          label="Apply this plan" color={plan.purge.length > 0 ? "red" : undefined} isPending={apply.isPending}
          onConfirm={() => void run().catch(() => undefined)}
        >
          <Consequences plan={plan} />
        </ConfirmButton>
      )}
      {mayApply && isForAdmins && <Text size="sm">Only an administrator may delete archives. Without the day, you may apply the rest.</Text>}
      {mayApply && size > APPLIED_MAX && (
        <Text size="sm">
          One call applies at most {APPLIED_MAX} versions. Choose a model, or run <code>registry retention apply</code>, which takes
          any number.
        </Text>
      )}
      {apply.isPending && <Text size="sm" role="status">Applying: {versions([...plan.archive, ...plan.purge])}. All of it succeeds, or nothing changes.</Text>}
      <FormErrors errors={errors} failure={apply.error ?? undefined} />
      {errors.some(({ code }) => code === "INVALID_STATE") && <Text size="sm">The plan below is the one of now. Look at it, and apply it again.</Text>}
      {done && <Result done={done} onClose={() => setDone(null)} />}
    </Stack>
  );
}

/** What will happen, before it does. */
function Consequences({ plan: { archive, purge } }: { plan: Plan }) {
  return (
    <Stack gap="sm">
      {archive.length > 0 && (
        <div>
          <Text>
            This archives <b>{versions(archive)}</b>: their bindings, prices and metadata move to cold storage, and no call is routed to
            them any more. Each can be restored.
          </Text>
          <ByModel rows={archive} />
        </div>
      )}
      {purge.length > 0 && (
        <div>
          <Text c="red" fw={600}>This deletes {versions(purge)} for good. It cannot be undone.</Text>
          <ByModel rows={purge} />
        </div>
      )}
    </Stack>
  );
}

function ByModel({ rows }: { rows: Plan["archive"] }) {
  const models = new Map<string, string[]>();
  for (const { modelName, versionLabel } of rows) models.set(modelName, [...(models.get(modelName) ?? []), versionLabel]);
  const more = models.size - NAMED_MAX;
  return (
    <List size="sm" mt="xs">
      {[...models].slice(0, NAMED_MAX).map(([name, labels]) => <List.Item key={name}>{name}: {labels.join(", ")}</List.Item>)}
      {more > 0 && <List.Item>and {count(more)} more models</List.Item>}
    </List>
  );
}

function Result({ done, onClose }: { done: Done; onClose: () => void }) {
  const { run, archived } = done;
  return (
    <Alert color="green" variant="outline" role="status" title="The plan is applied" withCloseButton closeButtonLabel="Close" onClose={onClose}>
      Archived {count(run?.archived ?? 0)}, deleted for good {count(run?.purged ?? 0)}.
      {archived && archived.length > 0 && (
        <List size="sm">
          {archived.slice(0, NAMED_MAX).map((version) => <List.Item key={version.id}>{nameOf(version)}</List.Item>)}
          {archived.length > NAMED_MAX && <List.Item>and {count(archived.length - NAMED_MAX)} more: the tab of archives has all</List.Item>}
        </List>
      )}
    </Alert>
  );
}
