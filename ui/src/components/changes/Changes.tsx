import { Anchor, Text } from "@mantine/core";
import { useState } from "react";

import type { AuditAction } from "../../gql/graphql";
import { type FieldChange, type Line, lines } from "./lines";
import { ListDifference, Value } from "./Value";

const LINES_MAX = 4; // that are shown before an event is unfolded

type Props = {
  action: AuditAction;
  changes: readonly FieldChange[];
  /** Shows all lines at once. */
  isWhole?: boolean;
};

/** The changed fields of an audit event. Of an object that was created there is no old value to show. */
export function Changes({ action, changes, isWhole = false }: Props) {
  const [isOpen, setOpen] = useState(isWhole);
  const all = lines(changes);
  // A button that unfolds a single line takes as much place as the line.
  const isFolded = !isOpen && all.length > LINES_MAX + 1;
  const shown = isFolded ? all.slice(0, LINES_MAX) : all;
  const isNew = action === "CREATED" || all.every((line) => line.before === null && !line.isHidden);
  const isGone = !isNew && all.every((line) => line.after === null && !line.isHidden);
  if (all.length === 0) return <Text c="dimmed" size="sm">No field was changed.</Text>;
  return (
    <>
      <dl className="changes">
        {shown.map((line, index) => (
          <div key={index}>
            <dt>{line.label}</dt>
            <dd><Difference line={line} isNew={isNew} isGone={isGone} /></dd>
          </div>
        ))}
      </dl>
      {(isFolded || (isOpen && !isWhole)) && (
        <Anchor component="button" type="button" size="sm" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Show fewer fields" : `Show ${all.length - LINES_MAX} more fields`}
        </Anchor>
      )}
    </>
  );
}

type DifferenceProps = { line: Line; isNew: boolean; isGone: boolean };

function Difference({ line: { field, before, after, isHidden }, isNew, isGone }: DifferenceProps) {
  if (isHidden) return <Text span c="dimmed" size="sm">changed; the values are hidden from your role</Text>;
  if (isNew) return <Value field={field} value={after} />;
  if (isGone) return <del><Value field={field} value={before} /></del>;
  if (isWords(before) && isWords(after)) return <ListDifference before={before} after={after} />;
  return (
    <>
      <span className="sr-only">old: </span><del><Value field={field} value={before} /></del>
      <span className="arrow" aria-hidden="true"> → </span>
      <span className="sr-only">, new: </span><ins><Value field={field} value={after} /></ins>
    </>
  );
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
