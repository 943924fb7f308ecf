"""The type AuditEvent, and what subscribers get of it."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

import resolvers.audit
import resolvers.events
from db import tables
from domain import field_changes
from domain.enums import AuditAction, EntityKind
from schema.fields import attribute, batched, type_of
from schema.models import Model
from schema.nodes import Node


@type_of(field_changes.FieldChange, "A changed field, spelt as in the API.")
class FieldChange:
    field: str = attribute("Such as costPer1k, versionId, or archive.reason inside an object.")
    before: JSON | None = attribute("Its value before, as the API shows it; null if none.")
    after: JSON | None = attribute("Its value after, as the API shows it; null if none.")


@type_of(tables.AuditEvent, "One committed change.")
class AuditEvent(Node):
    at: datetime = attribute("When it was done.")
    actor: str = attribute("Who did it.")
    action: AuditAction = attribute("What was done.")
    kind: EntityKind = attribute("What kind of thing changed.")
    subject_node_id: strawberry.ID = attribute(
        "The changed object, or the binding of a price, or the model of an alias.",
        name="subjectId",
    )
    request_id: str | None = attribute("The x-request-id of the request that did it.")
    subject: Node | None = batched(resolvers.audit.subjects, "subject_node_id")
    field_changes: list[FieldChange] = attribute("Changed fields, old and new.", name="changes")


@type_of(
    resolvers.events.RegistryEvent,
    "What subscribers get; cursor goes back into registryChanged(after:).",
)
class RegistryEvent:
    cursor: str = attribute("Its place in the stream.")
    event: AuditEvent = attribute("What happened.")
    model: Model | None = batched(resolvers.events.changed_models, "model_id")
