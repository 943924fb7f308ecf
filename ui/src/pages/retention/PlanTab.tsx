import { Alert, Badge, Button, Group, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";

import { ApiError } from "../../app/errors";
import { useRegistryQuery } from "../../app/queries";
import { useMay } from "../../app/viewer";
import { type Column, DataTable } from "../../components/DataTable";
import { count } from "../../components/numbers";
import { Loading, QueryError } from "../../components/QueryState";
import { words } from "../../components/words";
import { RetentionPlanDocument, type RetentionPlanQuery } from "../../gql/graphql";
import { ApplyPlan } from "./ApplyPlan";
import { HoldDialog } from "./HoldDialog";
import { nameColumn } from "./nameColumn";
import { PolicyForm } from "./PolicyForm";
import { touchesRetention } from "./retention";
import { policyOf, type RetentionSearch } from "./search";

export type Plan = RetentionPlanQuery["retentionPlan"];
type Row = Plan["archive"][number];
type Protected = Plan["protected"][number];
type Props = { search: RetentionSearch; onChange: (change: RetentionSearch, isTyped?: boolean) => void };

/** What retention would do under a policy, and why; and doing it. */
export function PlanTab({ search, onChange }: Props) {
  const policy = policyOf(search);
  const query = useRegistryQuery(RetentionPlanDocument, { input: policy }, { isTouched: touchesRetention, isKept: false });
  const { data, error, refetch } = query;
  const [held, setHeld] = useState<Row | null>(null);
  return (
    <Stack>
      <PolicyForm search={search} onChange={onChange} />
      {error && <PlanProblem error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !error && <PlanView plan={data.retentionPlan} search={search} onHold={setHeld} />}
      {/* Here, so that it stays open when another person changes the plan. */}
      {held && <HoldDialog modelName={held.modelName} version={held.versionLabel} onClose={() => setHeld(null)} />}
    </Stack>
  );
}

function PlanProblem({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const { code, message } = error instanceof ApiError ? error : new ApiError("", error.message);
  if (code === "BAD_USER_INPUT" || code === "LIMIT_EXCEEDED") {
    const title = code === "LIMIT_EXCEEDED" ? "The plan is too long to show" : "There is no plan for this policy";
    return <Alert color="yellow" variant="outline" role="alert" title={title}>{message}.</Alert>;
  }
  return <QueryError error={error} onRetry={onRetry} />;
}

type ViewProps = { plan: Plan; search: RetentionSearch; onHold: (row: Row) => void };

function PlanView({ plan, search, onHold }: ViewProps) {
  const { archive, purge } = plan;
  const isNothing = archive.length === 0 && purge.length === 0;
  return (
    <Stack>
      <Group gap="xl" className="retention-summary">
        <Text fw={600}>
          {isNothing ? "Nothing to do: every version is kept or protected." : summary(plan)}
        </Text>
        <ApplyPlan plan={plan} search={search} />
      </Group>
      {archive.length > 0 && <Archive rows={archive} onHold={onHold} />}
      {purge.length > 0 && (
        <section aria-labelledby="purge">
          <Title order={2} size="h4" id="purge">To delete for good ({count(purge.length)})</Title>
          <DataTable caption="Versions to delete for good" stays="name" columns={columns} rows={purge} rowKey={keyOf} />
        </section>
      )}
      <ProtectedVersions rows={plan.protected} />
    </Stack>
  );
}

/** What the plan does, as a sentence. */
function summary({ archive, purge }: Plan): string {
  const parts = [
    archive.length > 0 && `archive ${versions(archive)}`,
    purge.length > 0 && `delete ${versions(purge)} for good`,
  ];
  return `This plan would ${parts.filter(Boolean).join(", and ")}.`;
}

export function versions(rows: readonly Row[]): string {
  const models = new Set(rows.map(({ modelName }) => modelName)).size;
  return `${count(rows.length)} ${rows.length === 1 ? "version" : "versions"} of ${count(models)} ${models === 1 ? "model" : "models"}`;
}

function Archive({ rows, onHold }: { rows: readonly Row[]; onHold: ViewProps["onHold"] }) {
  const mayHold = useMay("EDITOR");
  const hold: Column<Row> = {
    key: "hold",
    header: "Keep it",
    cell: (row) => <Button size="compact-xs" variant="default" aria-label={`Hold ${row.modelName} ${row.versionLabel}`} onClick={() => onHold(row)}>Hold</Button>,
  };
  return (
    <section aria-labelledby="archive">
      <Title order={2} size="h4" id="archive">To archive ({count(rows.length)})</Title>
      <DataTable caption="Versions to archive" stays="name" columns={mayHold ? [...columns, hold] : columns} rows={rows} rowKey={keyOf} />
    </section>
  );
}

function ProtectedVersions({ rows }: { rows: readonly Protected[] }) {
  const because: Column<Protected> = {
    key: "because", header: "Protected by", cell: ({ because }) => <Badge variant="light">{words(because)}</Badge>,
  };
  return (
    <section aria-labelledby="protected">
      <Title order={2} size="h4" id="protected">Protected ({count(rows.length)})</Title>
      <Text size="sm" c="dimmed" mb="xs">These are older than the versions to keep, and stay all the same.</Text>
      {rows.length > 0 && (
        <DataTable caption="Protected versions" stays="name" columns={[NAME, because, REASON]} rows={rows} rowKey={keyOf} />
      )}
    </section>
  );
}

const keyOf = ({ modelName, versionLabel }: Row) => `${modelName} ${versionLabel}`;

const NAME = nameColumn<Row>(({ versionLabel }) => versionLabel);
const REASON: Column<Row> = { key: "reason", header: "Why", cell: ({ reason }) => reason };
const columns = [NAME, REASON];
