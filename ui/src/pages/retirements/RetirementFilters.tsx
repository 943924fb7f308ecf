import { Button, Checkbox, Group, Select, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";

import { DraftInput } from "../../components/DraftInput";
import { type RetirementsSearch, today } from "./search";

const KINDS = [{ value: "DEPRECATION", label: "Deprecations" }, { value: "SUNSET", label: "Last days" }];

/** Which retirements are shown; each change is in the address of the page. */
export function RetirementFilters({ search }: { search: RetirementsSearch }) {
  const navigate = useNavigate({ from: "/retirements" });
  const set = (change: RetirementsSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <form role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <div className="cards" style={{ "--card-width": "12rem" } as React.CSSProperties}>
        <TextInput
          type="date"
          label="First day (UTC)"
          value={search.from ?? today()}
          onChange={(event) => set({ from: event.currentTarget.value || undefined })}
        />
        <TextInput
          type="date"
          label="Last day (UTC)"
          value={search.to ?? ""}
          onChange={(event) => set({ to: event.currentTarget.value || undefined })}
        />
        <Select
          label="What happens"
          placeholder="Both"
          data={KINDS}
          value={search.kind ?? null}
          onChange={(kind) => set({ kind: (kind as RetirementsSearch["kind"]) ?? undefined })}
          clearable
        />
        <DraftInput
          label="Model"
          description="Its whole name"
          value={search.model}
          onCommit={(model) => set({ model })}
        />
        <DraftInput
          label="Provider"
          description="Its slug, such as openai"
          value={search.provider}
          onCommit={(provider) => set({ provider })}
        />
      </div>
      <Group my="md">
        <Checkbox
          label="Only what an alias points to"
          checked={search.aliased ?? false}
          onChange={(event) => set({ aliased: event.currentTarget.checked || undefined })}
        />
        <Button variant="default" size="xs" onClick={() => void navigate({ search: {} })}>Reset</Button>
      </Group>
    </form>
  );
}
