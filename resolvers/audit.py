"""The audit log: what its fields do."""

from typing import Any

import strawberry

from db.reads import audit
from db.reads.keyset import Relation
from db.tables import AuditEvent, Model
from domain.enums import AuditAction, EntityKind
from resolvers import connections, nodes
from resolvers.arguments import input_type, optional
from resolvers.context import Info
from resolvers.filters import DateTimeRange
from resolvers.orders import Order, OrderDirection

LAST_FIRST = Order("SEQUENCE", OrderDirection.DESC)


@input_type("All given conditions must hold; a list means any of its values.")
class AuditEventFilter:
    actor: list[str] | None = optional("What one of these did.")
    action: list[AuditAction] | None = optional("Events in which one of these was done.")
    kind: list[EntityKind] | None = optional("Events of these kinds of things.")
    subject: list[strawberry.ID] | None = optional(
        "Events whose subjectId is one of these: for a price its binding, for an alias its model."
    )
    at: DateTimeRange | None = optional("What was done in this time.")


page = connections.of_all(
    audit.LISTING, "Who changed what, newest first.", filter=AuditEventFilter, default=LAST_FIRST
)

model_pages = connections.of_parents(
    Relation(audit.LISTING, "model_id"),
    Model,
    "What was done to it, its versions, bindings, prices and aliases, newest first.",
    default=LAST_FIRST,
)


async def subjects(info: Info, parents: list[AuditEvent]) -> list[Any]:
    """The changed object, unless it is gone; a price's binding, an alias's model."""
    return await nodes.by_ids(info, [strawberry.ID(row.subject_node_id) for row in parents])
