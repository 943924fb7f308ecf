"""The fields of audit events, and their filter."""

from functools import partial
from typing import Any

import strawberry

from db.reads import audit, models, tokens
from db.reads.keyset import Relation
from db.tables import AuditEvent, Model
from domain import actors, field_changes
from domain.audit_enums import AuditAction, EntityKind
from domain.field_changes import FieldChange
from resolvers import connections, nodes
from resolvers.arguments import input_type, optional
from resolvers.context import Info
from resolvers.filters import FILTER_DESCRIPTION, DateTimeRange
from resolvers.hidden_fields import hidden_columns, may_see
from resolvers.orders import Order, OrderDirection
from resolvers.parents import attributes, carried, loaded
from resolvers.reference_inputs import ModelRef

_NAMELESS = frozenset((EntityKind.PRICE, EntityKind.RETENTION))
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
    models: list[ModelRef] | None = optional(
        "Events of one of these models and of their versions, bindings, prices and aliases. An ID"
        " also finds those of a deleted model."
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


async def changes(info: Info, parents: list[AuditEvent]) -> list[list[FieldChange]]:
    """The changed fields, by name; of a created or deleted object, all fields that were set.

    Of a field that is null for the caller's role, such as credentialRef, the values are hidden;
    so are all values of an object that it may not see, such as a token below ADMIN.
    """
    identity = info.context.identity
    hidden = hidden_columns(identity)
    rows: list[Any] = parents  # `changes_text` is set below the class
    return [
        field_changes.read(
            row.changes_text, hidden, hides_all=not may_see(identity, row.subject_node_id)
        )
        for row in rows
    ]


async def model_names(info: Info, parents: list[AuditEvent]) -> list[str | None]:
    """The name that the model now has to which the changed object belongs.

    Null for an object of no model, and when the model no longer exists.
    """
    return await carried(info, parents, "model_name", audit.by_ids)


async def token_ids(info: Info, parents: list[AuditEvent]) -> list[str | None]:
    """The ID of the token that made the change; null when the actor is no token."""
    load = partial(tokens.by_names, attributes=frozenset(("node_id",)))
    found = await loaded(info, [actors.token_name(row.actor) for row in parents], load)
    return [row and row.node_id for row in found]


async def subjects(info: Info, parents: list[AuditEvent]) -> list[Any]:
    """The changed object: the binding for a price, the model for an alias.

    Null when it no longer exists.
    """
    return await nodes.by_ids(info, [strawberry.ID(row.subject_node_id) for row in parents])


async def subject_names(info: Info, parents: list[AuditEvent]) -> list[str | None]:
    """What the changed object was called: a name, a slug, a version or a providerModelId.

    It is known also after the object was deleted. Null for a price and a retention run, which have
    no name, and for an object that the caller may not see.
    """
    identity = info.context.identity
    return [
        row.subject_name
        if row.kind not in _NAMELESS and may_see(identity, row.subject_node_id)
        else None
        for row in parents
    ]


async def models_of_events(info: Info, parents: list[AuditEvent]) -> list[Model | None]:
    """The model that changed, or whose version, binding, price or alias changed.

    Null when it no longer exists, and for changes that belong to no model.
    """
    load = partial(models.by_ids, attributes=attributes(info))
    return await loaded(info, [row.model_id for row in parents], load)
