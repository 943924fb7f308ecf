import { Badge, Text, Tooltip } from "@mantine/core";
import { memo } from "react";
import { Link2 } from "lucide-react";

import { useMay } from "../../app/viewer";
import { Changes } from "../../components/changes/Changes";
import { PriceChange } from "../../components/PriceChange";
import { IconLink, TextLink } from "../../components/TextLink";
import { Moment, Time } from "../../components/Time";
import { words } from "../../components/words";
import type { AuditAction } from "../../gql/graphql";
import type { Event } from "./useEvents";

const COLORS: Partial<Record<AuditAction, string>> = {
  CREATED: "green", RESTORED: "green", RELEASED: "green", LISTED: "green", CIRCUIT_CLOSED: "green",
  DELETED: "red", PURGED: "red", REVOKED: "red", DELISTED: "red", WITHDRAWN: "red", CIRCUIT_OPENED: "red",
  ARCHIVED: "yellow", HELD: "yellow", ROLLED_BACK: "yellow", CIRCUIT_HALF_OPENED: "yellow",
};

type Props = { event: Event; isNew?: boolean; isWhole?: boolean };

/** One event: when, who, what, and the differences. */
export const EventItem = memo(function EventItem({ event, isNew = false, isWhole = false }: Props) {
  return (
    <article className="event" aria-label={`${words(event.action)} ${words(event.kind)} ${event.subjectName ?? ""}`}>
      <div className="event-when">
        <span>
          {isWhole ? <Moment at={event.at} /> : <Time at={event.at} />}{" "}
          {isNew && <Badge size="sm" variant="filled">new</Badge>}
        </span>
        <Tooltip label="Only the changes by this actor">
          <TextLink to="/audit" search={{ actors: [event.actor] }} size="sm" className="mono">{event.actor}</TextLink>
        </Tooltip>
      </div>
      <div className="event-what">
        <span>
          <Badge variant="light" color={COLORS[event.action] ?? "indigo"}>{words(event.action)}</Badge> {words(event.kind)}
        </span>
        <Subject event={event} />
      </div>
      <div>
        <Changes action={event.action} changes={event.changes} isWhole={isWhole} />
        {event.kind === "PRICE" && event.subjectId && <PriceChange binding={event.subjectId} changes={event.changes} />}
      </div>
      {!isWhole && (
        <Tooltip label="Only this event: a link to share">
          <IconLink
            to="/audit" search={{ event: event.id }} variant="subtle" color="gray" className="event-link"
            aria-label={`Open only this event, ${words(event.action)} ${words(event.kind)} ${event.subjectName ?? ""}`}
          >
            <Link2 size={16} />
          </IconLink>
        </Tooltip>
      )}
    </article>
  );
});

/** What was changed, as a link to the page that shows it. */
function Subject({ event: { kind, subjectName, modelName } }: { event: Event }) {
  const mayIssueTokens = useMay("ADMIN");
  if (kind === "TOKEN" && mayIssueTokens) return <TextLink to="/tokens">{subjectName ?? "Tokens"}</TextLink>;
  if (kind === "RETENTION") return <TextLink to="/retention">Retention</TextLink>;
  if (!modelName) return <Text span fw={600}>{subjectName ?? "its name is unknown"}</Text>;
  const model = <TextLink to="/models/$name" params={{ name: modelName }} underline="always">{modelName}</TextLink>;
  if (kind === "MODEL" || subjectName === null || subjectName === modelName) return <span>{model}</span>;
  return <span><Text span fw={600}>{subjectName}</Text> of {model}</span>;
}
