import { Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1],
];
const relative = new Intl.RelativeTimeFormat("en"); // "1 day ago": "yesterday" would be wrong for 47 hours
const absolute = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });
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

/** A moment, relative to now; its exact time, in the reader's own zone, is in its tooltip. */
export function Time({ at }: { at: string }) {
  useSyncExternalStore(onTick, () => now);
  return (
    <Tooltip label={absolute.format(new Date(at))}>
      <time dateTime={at} tabIndex={0}>{ago(at)}</time>
    </Tooltip>
  );
}

/** The exact time of a moment, in the reader's own zone; in UTC in its tooltip. */
export function Moment({ at }: { at: string }) {
  return <time dateTime={at} title={at}>{absolute.format(new Date(at))}</time>;
}

/** A day in UTC, as the registry has it. */
export function Day({ on }: { on: string }) {
  return <time dateTime={on}>{days.format(new Date(`${on}T00:00:00Z`))}</time>;
}
