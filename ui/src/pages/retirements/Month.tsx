import "./retirements.css";

import { Badge, Group, Text, Title } from "@mantine/core";

import { StateBadge } from "../../components/Badges";
import { DataTable } from "../../components/DataTable";
import { TextLink } from "../../components/TextLink";
import { Day } from "../../components/Time";
import type { Retirement } from "./RetirementsPage";
import { SuccessorOf } from "./SuccessorOf";

const names = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

type Props = {
  month: string;
  retirements: readonly Retirement[];
  /** Whether the month has more than was read so far. */
  goesOn: boolean;
};

/** A month: a calendar with how many retire on which day, and the list of them. */
export function MonthSection({ month, retirements, goesOn }: Props) {
  const name = names.format(new Date(`${month}-01T00:00:00Z`));
  return (
    <section aria-label={name} className="month">
      <div>
        <Title order={2} size="h4" mb="xs">{name}</Title>
        <Calendar month={month} retirements={retirements} />
        {goesOn && <Text size="sm" mt="xs">The counts are of what was read so far: this month has more.</Text>}
      </div>
      <DataTable caption={`Retirements in ${name}`} stays="what" rows={retirements} rowKey={keyOf} columns={COLUMNS} />
    </section>
  );
}

const keyOf = ({ on, kind, version, binding }: Retirement) => `${on} ${kind} ${binding?.id ?? version.id}`;

function Calendar({ month, retirements }: { month: string; retirements: readonly Retirement[] }) {
  const first = new Date(`${month}-01T00:00:00Z`);
  const days = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  const column = ((first.getUTCDay() + 6) % 7) + 1; // of the first day; the week begins on Monday
  // The list beside it says the same, so that readers of the screen need not go through all days.
  return (
    <div className="calendar" aria-hidden="true">
      {WEEKDAYS.map((weekday) => <span key={weekday} className="calendar-weekday">{weekday}</span>)}
      {Array.from({ length: days }, (_, index) => {
        const day = `${month}-${String(index + 1).padStart(2, "0")}`;
        const count = retirements.filter(({ on }) => on === day).length;
        return (
          <span
            key={day}
            className={count > 0 ? "calendar-day calendar-day-used" : "calendar-day"}
            style={index === 0 ? { gridColumnStart: column } : undefined}
            title={count > 0 ? `${count} on ${day}` : undefined}
          >
            {index + 1}
            {count > 0 && <b>{count}</b>}
          </span>
        );
      })}
    </div>
  );
}

const COLUMNS = [
  { key: "on", header: "Day", cell: ({ on }: Retirement) => <Day on={on} /> },
  { key: "kind", header: "What happens", cell: ({ kind }: Retirement) => (kind === "SUNSET" ? "last day" : "deprecated") },
  { key: "what", header: "Version or binding", cell: (retirement: Retirement) => <What retirement={retirement} /> },
  { key: "aliases", header: "Aliases", cell: (retirement: Retirement) => <Aliases retirement={retirement} /> },
  { key: "bindings", header: "Bindings", cell: (retirement: Retirement) => <Bindings retirement={retirement} /> },
  { key: "successor", header: "Proposed instead", cell: (retirement: Retirement) => <SuccessorOf retirement={retirement} /> },
];

function What({ retirement: { version, binding } }: { retirement: Retirement }) {
  return (
    <>
      <TextLink to="/models/$name" params={{ name: version.modelName }}>{version.modelName}</TextLink> {version.version}{" "}
      <StateBadge state={version.status} />
      {binding && (
        <Text size="sm">
          at {binding.providerName}{binding.region && ` ${binding.region}`}: <span className="mono">{binding.providerModelId}</span>
        </Text>
      )}
    </>
  );
}

function Aliases({ retirement: { version } }: { retirement: Retirement }) {
  if (version.aliasNames.length === 0) return <>none</>;
  return <Group gap={4}>{version.aliasNames.map((name) => <Badge key={name} variant="filled" size="sm">{name}</Badge>)}</Group>;
}

function Bindings({ retirement: { version, binding } }: { retirement: Retirement }) {
  if (binding) return <>this one</>;
  const { nodes, pageInfo } = version.bindings;
  if (nodes.length === 0) return <>none</>;
  return <>{nodes.map(({ providerName, region }) => `${providerName}${region ? ` ${region}` : ""}`).join(", ")}{pageInfo.hasNextPage && " and more"}</>;
}
