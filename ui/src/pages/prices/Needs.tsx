import { Button, Group, MultiSelect, NumberInput, TagsInput, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { CAPABILITIES, capabilityName } from "../../components/capabilityNames";
import type { Capability } from "../../gql/graphql";
import { type PricesSearch, USUAL } from "./search";

const WAIT_MS = 250;

/** What is needed, and what a call uses; each change is in the address of the page. */
export function Needs({ search }: { search: PricesSearch }) {
  const navigate = useNavigate({ from: "/prices" });
  const [formOf, setFormOf] = useState(0); // another number makes the fields anew
  const set = (change: PricesSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const reset = () => {
    void navigate({ search: {} });
    setFormOf((number) => number + 1);
  };
  return (
    <form role="search" aria-label="Needs" onSubmit={(event) => event.preventDefault()} key={formOf}>
      <div className="cards" style={{ "--card-width": "13rem" } as React.CSSProperties}>
        <Count label="Input tokens" value={search.input ?? USUAL.input} onChange={(input) => set({ input })} />
        <Count label="Of these cached" value={search.cached ?? 0} onChange={(cached) => set({ cached: cached || undefined })} />
        <Count label="Output tokens" value={search.output ?? USUAL.output} onChange={(output) => set({ output })} />
        <Count label="Context window of at least" value={search.context} onChange={(context) => set({ context: context || undefined })} />
        <MultiSelect
          label="Capabilities"
          data={CAPABILITIES.map((value) => ({ value, label: capabilityName(value) }))}
          value={search.capabilities ?? []}
          onChange={(values) => set({ capabilities: values.length > 0 ? (values as Capability[]) : undefined })}
          searchable
          clearable
        />
        <TagsInput
          label="Regions"
          description="One of these, such as eu-west-1"
          value={search.regions ?? []}
          onChange={(regions) => set({ regions: regions.length > 0 ? regions : undefined })}
          clearable
        />
        <ModelName value={search.model} onChange={(model) => set({ model })} />
      </div>
      <Group my="md"><Button variant="default" size="xs" onClick={reset}>Reset</Button></Group>
    </form>
  );
}

type CountProps = { label: string; value: number | undefined; onChange: (value: number | undefined) => void };

function Count({ label, value, onChange }: CountProps) {
  const change = useDebouncedCallback(onChange, WAIT_MS);
  return (
    <NumberInput
      label={label}
      defaultValue={value}
      min={0}
      max={2_000_000_000}
      allowDecimal={false}
      allowNegative={false}
      thousandSeparator=","
      onChange={(given) => change(given === "" ? undefined : Number(given))}
    />
  );
}

function ModelName({ value, onChange }: { value: string | undefined; onChange: (value: string | undefined) => void }) {
  const change = useDebouncedCallback(onChange, WAIT_MS);
  return (
    <TextInput
      label="Model"
      description="Its whole name; all models when empty"
      defaultValue={value ?? ""}
      onChange={(event) => change(event.currentTarget.value.trim() || undefined)}
    />
  );
}
