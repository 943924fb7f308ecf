import "../audit/audit.css";

import { EventList } from "../audit/EventList";
import { useEvents } from "../audit/useEvents";

/** What was changed of the model and of all that belongs to it, by whom and when. */
export function AuditTab({ name }: { name: string }) {
  const filter = { models: [{ name }] };
  return <EventList key={name} filter={filter} older={useEvents(filter)} />;
}
