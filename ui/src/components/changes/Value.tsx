import { Anchor, Badge, Code, Text } from "@mantine/core";
import { useContext, useState } from "react";

import { StateBadge } from "../Badges";
import { writeJson } from "../exactJson";
import { count, dollars, perMillion } from "../numbers";
import { Day, Moment } from "../Time";
import { words } from "../words";
import { NamesContext } from "./names";

const TEXT_MAX = 160; // characters of a text that are shown before it is unfolded
const JSON_LINES_MAX = 5;

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const ID = /^[a-z]{3}_[0-9a-f]{32}$/;
const AMOUNT = /^-?\d+(\.\d+)?$/;

/** A value of an audit event, written as its field's values are written elsewhere. Null is "none". */
export function Value({ field, value }: { field: string; value: unknown }) {
  if (value === null || value === undefined) return <Text span c="dimmed" size="sm">none</Text>;
  if (typeof value === "boolean") return <>{value ? "yes" : "no"}</>;
  if (typeof value === "number") return <>{Number.isInteger(value) ? count(value) : String(value)}</>;
  if (typeof value === "bigint") return <>{String(value)}</>;
  if (typeof value === "string") return <TextValue field={field} value={value} />;
  if (isComponent(value)) return <>{componentAmount(value)}</>;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return <List items={value} />;
  return <Json value={value} />;
}

function TextValue({ field, value }: { field: string; value: string }) {
  if (/Per1k$/.test(field) && AMOUNT.test(value)) return <>{perMillion(value)} per 1M tokens</>;
  if (/(^|\.)(status|state|health|circuit)$/i.test(field)) return <StateBadge state={value} />;
  if (DATE_TIME.test(value) && !Number.isNaN(Date.parse(value))) return <Moment at={value} />;
  if (DAY.test(value)) return <Day on={value} />;
  if (ID.test(value)) return <Id id={value} />;
  if (/hash$/i.test(field)) return <span className="mono">{value}</span>;
  return <LongText text={value} />;
}

/** What an ID stands for, where that is known. */
function Id({ id }: { id: string }) {
  const { names, showsIds } = useContext(NamesContext);
  const name = names.get(id);
  if (name === undefined) return <span className="mono">{id}</span>;
  return <span title={id}>{name}{showsIds && <> <Text span c="dimmed" className="mono">{id}</Text></>}</span>;
}

function LongText({ text }: { text: string }) {
  const [isOpen, setOpen] = useState(false);
  if (text.length <= TEXT_MAX && !text.includes("\n")) return <>{text}</>;
  return (
    <>
      <span className="long-text">{isOpen ? text : `${text.slice(0, TEXT_MAX).trimEnd()}…`}</span>{" "}
      <Fold isOpen={isOpen} setOpen={setOpen} size={`${count(text.length)} characters`} />
    </>
  );
}

function List({ items }: { items: readonly string[] }) {
  if (items.length === 0) return <Text span c="dimmed" size="sm">empty list</Text>;
  return <>{items.join(", ")}</>;
}

function Json({ value }: { value: unknown }) {
  const [isOpen, setOpen] = useState(false);
  const rows = writeJson(value).split("\n");
  const isLong = rows.length > JSON_LINES_MAX + 1;
  const shown = isLong && !isOpen ? [...rows.slice(0, JSON_LINES_MAX), "…"] : rows;
  return (
    <>
      <Code block className="json-value" tabIndex={0}>{shown.join("\n")}</Code>
      {isLong && <Fold isOpen={isOpen} setOpen={setOpen} size={`${rows.length} lines`} />}
    </>
  );
}

function Fold({ isOpen, setOpen, size }: { isOpen: boolean; setOpen: (isOpen: boolean) => void; size: string }) {
  return (
    <Anchor component="button" type="button" size="sm" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
      {isOpen ? "Show less" : `Show all ${size}`}
    </Anchor>
  );
}

/** What two lists of words have not in common. */
export function ListDifference({ before, after }: { before: readonly string[]; after: readonly string[] }) {
  const removed = before.filter((item) => !after.includes(item));
  const added = after.filter((item) => !before.includes(item));
  const keptCount = after.length - added.length;
  return (
    <span className="list-difference">
      {removed.map((item) => <Badge key={item} color="red" variant="light" tt="none">removed {item}</Badge>)}
      {added.map((item) => <Badge key={item} color="green" variant="light" tt="none">added {item}</Badge>)}
      {removed.length + added.length === 0 && <>another order: {after.join(", ")}</>}
      {keptCount > 0 && removed.length + added.length > 0 && <Text span c="dimmed" size="sm">{keptCount} unchanged</Text>}
    </span>
  );
}

type Component = { meter: string; amount: string; unit: string };

function isComponent(value: unknown): value is Component {
  const given = value as Partial<Component> | null;
  return typeof given === "object" && typeof given?.amount === "string" && AMOUNT.test(given.amount) && typeof given.unit === "string";
}

/** The amount of a component: of tokens and characters, which have it per 1,000, per million. */
function componentAmount({ amount, unit }: Component): string {
  if (unit === "TOKENS_1K") return `${perMillion(amount)} per 1M tokens`;
  if (unit === "CHARACTERS_1K") return `${perMillion(amount)} per 1M characters`;
  return `${dollars(amount)} per ${words(unit)}`;
}
