// The changes of an audit event as lines that a person can compare: field, old value, new value.
import type { AuditEventPartsFragment } from "../../gql/graphql";
import { writeJson } from "../exactJson";
import { words } from "../words";

export type FieldChange = AuditEventPartsFragment["changes"][number];

/** One line. `field` decides how its values are written; `before` and `after` are null where there was none. */
export type Line = { label: string; field: string; before: unknown; after: unknown; isHidden: boolean };

type Entries = Record<string, unknown>;

// What says little beside the rest: shown last.
const MINOR = /^(createdAt|importedAt|revision|contentHash|fileHash|.*Id)$/;

/** The lines of an event: those that say most first. */
export function lines(changes: readonly FieldChange[]): Line[] {
  const sorted = [...changes].sort((one, other) => rank(one, changes) - rank(other, changes));
  return sorted.flatMap(linesOf);
}

function rank({ field, before, after }: FieldChange, all: readonly FieldChange[]): number {
  if (field === "versionId" && before !== null && after !== null) return 0; // an alias was moved
  // The components of a price repeat its amounts per 1,000 tokens.
  if (field === "components" && all.some((each) => each.field.endsWith("Per1k"))) return 1;
  if (field === "effectiveFrom" && before === null && after === null) return 2;
  return MINOR.test(field) && field !== "providerModelId" ? 2 : 0;
}

function linesOf(change: FieldChange): Line[] {
  const { field, before, after, isHidden } = change;
  const line = { label: labelOf(field), field, before, after, isHidden };
  if (isHidden) return [line];
  const [old, now] = [entries(before), entries(after)];
  const isRecord = (old ?? now) && (old || before === null) && (now || after === null);
  // One object alone is shown whole; of two, what differs. Labels and price components are lines in any case.
  if (!isRecord || ((!old || !now) && isPlain(before ?? after))) return [line];
  const parts = differing(old ?? {}, now ?? {});
  if (parts.length === 0) return [line];
  return parts.map(([key, was, is]) => ({ label: `${line.label}: ${key}`, field: `${field}.${key}`, before: was, after: is, isHidden }));
}

function labelOf(field: string): string {
  const [, object] = /^(version|binding|provider|model|token)Id$/.exec(field) ?? [];
  if (object) return object; // its name is shown, as far as it is known
  const [, target] = /^slo(.+)$/.exec(field) ?? [];
  if (target) return `target ${words(target)}`;
  const [, meter] = /^(.+)Per1k$/.exec(field) ?? [];
  return meter ? `${words(meter)} price` : words(field);
}

const isPlain = (value: unknown): value is Entries => typeof value === "object" && value !== null && !Array.isArray(value);

/** What has parts with names: an object, labels, or the components of a price. Null for anything else. */
function entries(value: unknown): Entries | null {
  if (isPlain(value)) return flat(value);
  if (!Array.isArray(value) || !value.every(isPlain)) return null;
  if (value.every((item) => "key" in item && "value" in item)) return Object.fromEntries(value.map((item) => [item.key, item.value]));
  if (value.every((item) => "meter" in item && "amount" in item)) return Object.fromEntries(value.map((item) => [componentName(item), item]));
  return null;
}

/** Objects within objects, by paths such as `limits.requests`. Lists are values. */
function flat(value: Entries, prefix = ""): Entries {
  const found: Entries = {};
  for (const [key, part] of Object.entries(value)) {
    if (isPlain(part) && Object.keys(part).length > 0) Object.assign(found, flat(part, `${prefix}${key}.`));
    else found[prefix + key] = part;
  }
  return found;
}

function componentName({ meter, variant, aboveInputTokens: above }: Entries): string {
  const tier = above ? `, above ${Number(above).toLocaleString("en")} input tokens` : "";
  const way = variant && variant !== "STANDARD" ? `, ${words(String(variant))}` : "";
  return words(String(meter)) + way + tier;
}

function differing(old: Entries, now: Entries): [string, unknown, unknown][] {
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return keys
    .filter((key) => writeJson(old[key]) !== writeJson(now[key]))
    .map((key) => [key, key in old ? old[key] : null, key in now ? now[key] : null]);
}
