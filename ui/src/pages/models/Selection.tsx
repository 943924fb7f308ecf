import { CloseButton, Group, Pill, Text } from "@mantine/core";
import { useCallback, useState } from "react";

import { ButtonLink } from "../../components/TextLink";
import { COMPARED_MAX } from "../compare/search";


/** The models that are chosen for a comparison, by name: they stay chosen while filters change. */
export function useSelection() {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((name: string) => {
    setSelected((before) => {
      const after = new Set(before);
      if (!after.delete(name) && after.size < COMPARED_MAX) after.add(name);
      return after;
    });
  }, []);
  const clear = useCallback(() => setSelected(new Set()), []);
  return { selected, toggle, clear, isFull: selected.size >= COMPARED_MAX };
}

type Props = { selected: ReadonlySet<string>; onToggle: (name: string) => void; onClear: () => void };

export function Selection({ selected, onToggle, onClear }: Props) {
  if (selected.size === 0) return null;
  const names = [...selected];
  const rest = COMPARED_MAX - names.length;
  return (
    <Group gap="xs" mb="xs" role="group" aria-label="Selected models" className="models-selection">
      {names.map((name) => (
        <Pill key={name} withRemoveButton removeButtonProps={{ "aria-label": `Deselect ${name}`, "aria-hidden": false, tabIndex: 0 }} onRemove={() => onToggle(name)}>
          {name}
        </Pill>
      ))}
      {names.length > 1 && (
        <ButtonLink size="xs" to="/compare" search={{ models: names.join(",") }}>Compare {names.length} models</ButtonLink>
      )}
      <Text size="sm" c="dimmed" role="status">
        {names.length === 1 ? "Select another model to compare them." : rest > 0 ? `Up to ${rest} more.` : `A comparison has at most ${COMPARED_MAX} models.`}
      </Text>
      <CloseButton size="sm" aria-label="Deselect all" onClick={onClear} />
    </Group>
  );
}
