import { Button, Group, MultiSelect, TagsInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";

import { LIST_MAX } from "../../app/search";
import { CAPABILITIES, capabilityName } from "../../components/capabilityNames";
import { DraftInput, wholeNumber } from "../../components/DraftInput";
import type { Capability } from "../../gql/graphql";
import { type PricesSearch, USUAL } from "./search";

/** What is needed, and what a call uses; each change is in the address of the page. */
export function Needs({ search }: { search: PricesSearch }) {
  const navigate = useNavigate({ from: "/prices" });
  const set = (change: PricesSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <form role="search" aria-label="Needs" onSubmit={(event) => event.preventDefault()}>
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
          maxTags={LIST_MAX}
          onChange={(regions) => set({ regions: regions.length > 0 ? regions : undefined })}
          clearable
        />
        <DraftInput
          label="Model"
          description="Its whole name; all models when empty"
          value={search.model}
          onCommit={(model) => set({ model })}
        />
      </div>
      <Group my="md"><Button variant="default" size="xs" onClick={() => void navigate({ search: {} })}>Reset</Button></Group>
    </form>
  );
}

type CountProps = { label: string; value: number | undefined; onChange: (value: number | undefined) => void };

function Count({ label, value, onChange }: CountProps) {
  const commit = (text: string | undefined) => onChange(text === undefined ? undefined : Number(text));
  return <DraftInput label={label} inputMode="numeric" value={value} check={wholeNumber(0)} onCommit={commit} />;
}
