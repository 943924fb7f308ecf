import { TextInput, type TextInputProps } from "@mantine/core";
import { useEffect, useRef, useState } from "react";

import { INTEGER_MAX, isDecimal, isText, TEXT_LENGTH_MAX } from "../app/search";

const PAUSE_MS = 400; // of typing, after which a value counts

type Props = {
  /** The value in the address; undefined when there is none. */
  value: string | number | undefined;
  /** Called with what was typed, or undefined for nothing, once typing pauses. */
  onCommit: (value: string | undefined) => void;
  /** Why a text cannot be a value, or undefined when it can. */
  check?: (text: string) => string | undefined;
  /** How long typing pauses before the value counts. */
  pauseMs?: number;
} & Omit<TextInputProps, "value" | "defaultValue" | "onChange">;

/** A text field whose value is in the address of the page: while somebody types, the address waits. */
export function DraftInput({ value, onCommit, check, error, pauseMs = PAUSE_MS, ...props }: Props) {
  const kept = value === undefined ? "" : String(value);
  const [draft, setDraft] = useState(kept);
  const committed = useRef(kept);
  useEffect(() => {
    // Another link was opened, or the form was reset; what this field has committed itself is here already.
    if (kept !== committed.current) setDraft(kept);
    committed.current = kept;
  }, [kept]);
  const problem = draft.trim() === "" ? undefined : (check ?? anyText)(draft.trim());
  const commit = () => {
    const text = draft.trim();
    if (problem || text === committed.current) return;
    committed.current = text;
    onCommit(text === "" ? undefined : text);
  };
  const newest = useRef(commit);
  newest.current = commit;
  useEffect(() => {
    const timer = setTimeout(() => newest.current(), pauseMs);
    return () => clearTimeout(timer);
  }, [draft, pauseMs]);
  return (
    <TextInput
      {...props}
      value={draft}
      error={problem ?? error}
      onChange={({ currentTarget }) => setDraft(currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === "Enter" && commit()}
    />
  );
}

/** The check of a DraftInput that has no other. */
const anyText = (text: string) => (isText(text) ? undefined : `Give at most ${TEXT_LENGTH_MAX} letters.`);

/** A check of a DraftInput: a whole number in a range. */
export function wholeNumber(min: number, max = INTEGER_MAX) {
  return (text: string): string | undefined => {
    const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    return number >= min && number <= max ? undefined : `Give a whole number from ${min} to ${max}.`;
  };
}

/** A check of a DraftInput: a decimal number such as 0.25, at most `max`. */
export function decimalNumber(max = Number.POSITIVE_INFINITY) {
  const range = max === Number.POSITIVE_INFINITY ? "" : ` from 0 to ${max}`;
  return (text: string): string | undefined =>
    isDecimal(text) && Number(text) <= max ? undefined : `Give a number such as 0.25${range}.`;
}
