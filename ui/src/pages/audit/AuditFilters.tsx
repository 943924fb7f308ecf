import { Autocomplete, Button, MultiSelect, TagsInput, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { useRegistryQuery } from "../../app/queries";
import { LIST_MAX } from "../../app/search";
import { namesOf } from "../../components/ModelPicker";
import { type AuditAction, type EntityKind, ModelPickerDocument } from "../../gql/graphql";
import { ACTIONS, actionName, type AuditSearch, isFiltered, KINDS, kindName } from "./search";

const KIND_ITEMS = KINDS.map((value) => ({ value, label: kindName(value) }));
const ACTION_ITEMS = ACTIONS.map((value) => ({ value, label: actionName(value) }));

type Props = {
  search: AuditSearch;
  /** Actors to choose from; others can be typed. */
  actors: readonly string[];
};

/** The filters of the log. They are in the address of the page. */
export function AuditFilters({ search, actors }: Props) {
  const navigate = useNavigate({ from: "/audit" });
  const change = (changed: Partial<AuditSearch>) => void navigate({ search: (old) => ({ ...old, ...changed }) });
  return (
    <section className="filters" aria-label="Filters">
      <MultiSelect
        label="Kind" placeholder={search.kinds ? "" : "any"} data={KIND_ITEMS} value={search.kinds ?? []}
        onChange={(kinds) => change({ kinds: some(kinds as EntityKind[]) })} clearable searchable
      />
      <MultiSelect
        label="Action" placeholder={search.actions ? "" : "any"} data={ACTION_ITEMS} value={search.actions ?? []}
        onChange={(actions) => change({ actions: some(actions as AuditAction[]) })} clearable searchable
      />
      <TagsInput
        label="Actor" placeholder={search.actors ? "" : "any, such as token:ci"} data={[...actors]} value={search.actors ?? []} maxTags={LIST_MAX}
        onChange={(given) => change({ actors: some(given) })} clearable acceptValueOnBlur
      />
      <ModelFilter key={search.model} model={search.model} onChange={(model) => change({ model })} />
      <TextInput
        label="From (UTC)" type="date" value={search.from ?? ""} max={search.to}
        onChange={(event) => change({ from: event.currentTarget.value || undefined })}
      />
      <TextInput
        label="To (UTC)" type="date" value={search.to ?? ""} min={search.from}
        onChange={(event) => change({ to: event.currentTarget.value || undefined })}
      />
      {isFiltered(search) && (
        <Button variant="default" onClick={() => void navigate({ search: {} })}>Reset the filters</Button>
      )}
    </section>
  );
}

function some<Value>(values: Value[]): Value[] | undefined {
  return values.length > 0 ? values : undefined;
}

/** A model by its name, taken when it is chosen, or by Enter, or when the field is left. */
function ModelFilter({ model, onChange }: { model?: string; onChange: (model?: string) => void }) {
  const [typed, setTyped] = useState(model ?? "");
  const [isOpen, setOpen] = useState(false);
  const [text] = useDebouncedValue(typed.trim(), 200);
  const { data } = useRegistryQuery(ModelPickerDocument, { text: text || null }, { isEnabled: isOpen, isTouched: () => false });
  const take = (value: string) => {
    const given = value.trim() || undefined;
    if (given !== model) onChange(given);
  };
  useEffect(() => {
    if (typed === "" && model) onChange(undefined); // cleared by its button
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [typed]);
  return (
    <Autocomplete
      label="Model" placeholder="any" value={typed} onChange={setTyped} data={namesOf(data)} clearable
      filter={({ options }) => options} // the registry has searched
      onDropdownOpen={() => setOpen(true)} onOptionSubmit={take} onBlur={() => take(typed)}
      onKeyDown={(event) => event.key === "Enter" && take(typed)}
    />
  );
}
