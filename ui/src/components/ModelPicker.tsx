import { Autocomplete, type AutocompleteProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useEffect, useState } from "react";

import { useRegistryQuery } from "../app/queries";
import { ModelPickerDocument } from "../gql/graphql";

type Props = {
  value: string | undefined;
  /** Called when a model was chosen, or a name was typed and left. */
  onChange: (name: string | undefined) => void;
} & Omit<AutocompleteProps, "value" | "onChange" | "data" | "onOptionSubmit">;

/** A field for the name of a model, which finds it by any part of the name. */
export function ModelPicker({ value = "", onChange, ...props }: Props) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const [isOpen, setOpen] = useState(false);
  const [text] = useDebouncedValue(typed.trim(), 200);
  const found = useRegistryQuery(ModelPickerDocument, { text }, { isEnabled: isOpen, isTouched: () => false });
  const names = found.data?.models.nodes.map((model) => model.name) ?? [];
  const commit = (name: string) => name.trim() !== value && onChange(name.trim() || undefined);
  return (
    <Autocomplete
      {...props}
      value={typed}
      onChange={setTyped}
      data={names}
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
