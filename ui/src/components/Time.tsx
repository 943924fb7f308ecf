import { Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1],
];
const relative = new Intl.RelativeTimeFormat("en"); // "1 day ago": "yesterday" would be wrong for 47 hours
// Everything of the registry is in UTC: its days, and the days that people type. So are times, which stand beside them.
const absolute = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
const local = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "long" }); // with the name of its zone
const days = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });

// One clock for all times of the page.
const TICK_MS = 10_000;
let now = Date.now();
function onTick(listener: () => void): () => void {
  const timer = setInterval(() => {
    now = Date.now();
    listener();
  }, TICK_MS);
  return () => clearInterval(timer);
}

/** How long before or after now a time is, such as "3 hours ago". */
export function ago(at: string, from = Date.now()): string {
  const seconds = Math.round((Date.parse(at) - from) / 1_000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return seconds === 0 ? "now" : relative.format(Math.trunc(seconds / size), unit);
}

/** The exact time of a moment, with its zone: "Nov 28, 2026, 1:02:03 PM UTC". */
export const momentText = (at: string | number | Date): string => `${absolute.format(new Date(at))} UTC`;

/** A day in UTC: "Nov 28, 2026". */
export const dayText = (at: string | number | Date): string => days.format(new Date(at));

/** The same in the reader's own zone, where that is another one: " (Nov 28, 2026, 6:32:03 PM GMT+5:30 here)". */
function here(at: string): string {
  const text = local.format(new Date(at));
  return /\b(UTC|GMT)$/.test(text) ? "" : ` (${text} here)`;
}

/** A moment, relative to now; its exact time is in its tooltip. */
export function Time({ at }: { at: string }) {
  useSyncExternalStore(onTick, () => now);
  return (
    <Tooltip label={momentText(at) + here(at)}>
      <time dateTime={at} tabIndex={0}>{ago(at)}</time>
    </Tooltip>
  );
}

/** The exact time of a moment; that in the reader's own zone is in its tooltip. */
export function Moment({ at }: { at: string }) {
  return <time dateTime={at} title={momentText(at) + here(at)}>{momentText(at)}</time>;
}

/** A day in UTC, as the registry has it. */
export function Day({ on }: { on: string }) {
  return <time dateTime={on} title="a day in UTC">{dayText(`${on}T00:00:00Z`)}</time>;
}
