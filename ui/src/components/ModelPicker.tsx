import { Autocomplete, type AutocompleteProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useEffect, useState } from "react";

import { useRegistryQuery } from "../app/queries";
import { ModelPickerDocument, type ModelPickerQuery } from "../gql/graphql";

type Props = {
  value: string | undefined;
  /** Called when a model was chosen, or a name was typed and left. */
  onChange: (name: string | undefined) => void;
} & Omit<AutocompleteProps, "value" | "onChange" | "data" | "onOptionSubmit">;

/** The names that were found, each once, and whether there are more. */
export function namesOf(found: ModelPickerQuery | undefined): (string | { value: string; disabled: true })[] {
  if (!found) return [];
  const { nodes, pageInfo } = found.models;
  const names = [...new Set(nodes.map(({ name }) => name))];
  return pageInfo.hasNextPage ? [...names, { value: "There are more: type more of the name", disabled: true }] : names;
}

/** A field for the name of a model, which finds it by any part of the name. */
export function ModelPicker({ value = "", onChange, ...props }: Props) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const [isOpen, setOpen] = useState(false);
  const [text] = useDebouncedValue(typed.trim(), 200);
  const found = useRegistryQuery(ModelPickerDocument, { text }, { isEnabled: isOpen, isTouched: () => false });
  const commit = (name: string) => name.trim() !== value && onChange(name.trim() || undefined);
  return (
    <Autocomplete
      {...props}
      value={typed}
      onChange={setTyped}
      data={namesOf(found.data)}
      filter={({ options }) => options}
      onOptionSubmit={commit}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      onBlur={() => commit(typed)}
      onKeyDown={(event) => event.key === "Enter" && commit(typed)}
      clearable
      onClear={() => onChange(undefined)}
    />
  );
}
