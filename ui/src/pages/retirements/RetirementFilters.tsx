import { Button, Checkbox, Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { type RetirementsSearch, today } from "./search";

const WAIT_MS = 250;
const KINDS = [{ value: "DEPRECATION", label: "Deprecations" }, { value: "SUNSET", label: "Last days" }];

/** Which retirements are shown; each change is in the address of the page. */
export function RetirementFilters({ search }: { search: RetirementsSearch }) {
  const navigate = useNavigate({ from: "/retirements" });
  const [formOf, setFormOf] = useState(0); // another number makes the fields anew
  const set = (change: RetirementsSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const setSoon = useDebouncedCallback(set, WAIT_MS);
  const reset = () => {
    void navigate({ search: {} });
    setFormOf((number) => number + 1);
  };
  return (
    <form role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()} key={formOf}>
      <div className="cards" style={{ "--card-width": "12rem" } as React.CSSProperties}>
        <TextInput
          type="date"
          label="First day (UTC)"
          defaultValue={search.from ?? today()}
          onChange={(event) => set({ from: event.currentTarget.value || undefined })}
        />
        <TextInput
          type="date"
          label="Last day (UTC)"
          defaultValue={search.to ?? ""}
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
        <TextInput
          label="Model"
          description="Its whole name"
          defaultValue={search.model ?? ""}
          onChange={(event) => setSoon({ model: event.currentTarget.value.trim() || undefined })}
        />
        <TextInput
          label="Provider"
          description="Its slug, such as openai"
          defaultValue={search.provider ?? ""}
          onChange={(event) => setSoon({ provider: event.currentTarget.value.trim() || undefined })}
        />
      </div>
      <Group my="md">
        <Checkbox
          label="Only what an alias points to"
          checked={search.aliased ?? false}
          onChange={(event) => set({ aliased: event.currentTarget.checked || undefined })}
        />
        <Button variant="default" size="xs" onClick={reset}>Reset</Button>
      </Group>
    </form>
  );
}
