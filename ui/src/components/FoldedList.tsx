import { Anchor, Stack } from "@mantine/core";
import { ChevronDown, ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";

import "./folded.css";

const SHOWN_MAX = 2; // lines that are no higher than the rest of a row

type ButtonProps = { isOpen: boolean; onToggle: () => void; children: ReactNode };

/** Unfolds what stands below it. */
export function FoldButton({ isOpen, onToggle, children }: ButtonProps) {
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <Anchor component="button" type="button" size="sm" className="folded-button" aria-expanded={isOpen} onClick={onToggle}>
      <Chevron size={14} aria-hidden="true" /> {children}
    </Anchor>
  );
}

type Props = {
  items: readonly { key: string; shown: ReactNode }[];
  /** What a button says that stands for more lines: "3 other prices". */
  title: string;
  /** Somebody has asked for the lines already. */
  isUnfolded?: boolean;
};

/** Lines in a row of a table: more than two are folded behind a button that says how many there are. */
export function FoldedList({ items, title, isUnfolded = false }: Props) {
  const [isOpen, setOpen] = useState(false);
  const isFolded = items.length > SHOWN_MAX && !isUnfolded;
  return (
    <Stack gap={0} align="flex-start">
      {isFolded && <FoldButton isOpen={isOpen} onToggle={() => setOpen(!isOpen)}>{title}</FoldButton>}
      {(!isFolded || isOpen) && (
        <ul className="folded-list">{items.map(({ key, shown }) => <li key={key}>{shown}</li>)}</ul>
      )}
    </Stack>
  );
}
