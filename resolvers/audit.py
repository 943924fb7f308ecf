"""The fields of audit events, and their filter."""

from typing import Any

import strawberry

from db.reads import audit
from db.reads.keyset import Relation
from db.tables import AuditEvent, Model
from domain.audit_enums import AuditAction, EntityKind
from resolvers import connections, nodes
from resolvers.arguments import input_type, optional
from resolvers.context import Info
from resolvers.filters import FILTER_DESCRIPTION, DateTimeRange
from resolvers.orders import Order, OrderDirection

NEWEST_EVENT_FIRST = Order("SEQUENCE", OrderDirection.DESC)


@input_type(FILTER_DESCRIPTION)
class AuditEventFilter:
    actors: list[str] | None = optional(
        "Events of one of these actors, such as token:ci or job:retention; see AuditEvent.actor."
    )
    actions: list[AuditAction] | None = optional("Events with one of these actions.")
    kinds: list[EntityKind] | None = optional("Events about one of these kinds of objects.")
    subjects: list[strawberry.ID] | None = optional(
        "Events whose subjectId is one of these: for a price its binding, for an alias its model."
    )
    at: DateTimeRange | None = optional("Events in this period.")


page = connections.of_all(
    audit.LISTING,
    "The audit log: every committed change of every object, newest first.",
    filter=AuditEventFilter,
    default=NEWEST_EVENT_FIRST,
)

model_pages = connections.of_parents(
    Relation(audit.LISTING, "model_id"),
    Model,
    "The changes of the model and of its versions, bindings, prices and aliases, newest first.",
    default=NEWEST_EVENT_FIRST,
)


async def subjects(info: Info, parents: list[AuditEvent]) -> list[Any]:
    """The changed object: the binding for a price, the model for an alias.

    Null when it no longer exists.
    """
    return await nodes.by_ids(info, [strawberry.ID(row.subject_node_id) for row in parents])
