"""The audit log: what its fields do."""

from typing import Annotated, Any, TypeAlias

import strawberry

from db.reads import audit
from db.reads.keyset import Relation
from db.tables import AuditEvent, Model
from domain.enums import AuditAction, EntityKind
from resolvers import nodes, pages
from resolvers.arguments import describe, input_type, optional
from resolvers.context import Info
from resolvers.filters import DateTimeRange
from resolvers.orders import Order, OrderDirection
from resolvers.pages import After, Before, First, Last, Page, PageArguments

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


AuditEventsWhere: TypeAlias = Annotated[
    AuditEventFilter | None, describe("Only events that meet all of this.")
]

_OF_MODEL = Relation(audit.LISTING, "model_id")


async def page(
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: AuditEventsWhere = None,
) -> Page[AuditEvent]:
    """Who changed what, newest first."""
    arguments = PageArguments(first, after, last, before, filter)
    return await pages.of_all(info, audit.LISTING, arguments, LAST_FIRST)


async def model_pages(
    info: Info,
    parents: list[Model],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> list[Page[AuditEvent]]:
    """What was done to it, its versions, bindings, prices and aliases, newest first."""
    arguments = PageArguments(first, after, last, before)
    return await pages.of_parents(info, parents, _OF_MODEL, arguments, LAST_FIRST)


async def subjects(info: Info, parents: list[AuditEvent]) -> list[Any]:
    """The changed object, unless it is gone; a price's binding, an alias's model."""
    return await nodes.by_ids(info, [strawberry.ID(row.subject_node_id) for row in parents])
