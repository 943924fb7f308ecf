"""The types AuditEvent and RegistryEvent."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

import resolvers.audit
import resolvers.events
from db import tables
from domain import actors, field_changes
from domain.audit_enums import AuditAction, EntityKind
from schema.fields import attribute, batched, type_of
from schema.models import Model
from schema.nodes import Node


@type_of(
    field_changes.FieldChange, "One changed field of an object, with its values before and after."
)
class FieldChange:
    field: str = attribute(
        "The field's name in the API, such as costPer1k; archive.reason for a nested field; or, of"
        " LISTED and DELISTED, catalog and key: the catalog's name and the key of its entry."
    )
    before: JSON | None = attribute(
        "The value before, spelt as in the API; null when there was none."
    )
    after: JSON | None = attribute("The value after, spelt as in the API; null when there is none.")
    is_hidden: bool = attribute(
        "Whether the values are hidden from the caller: then both are null, whatever they are."
    )


@type_of(tables.AuditEvent, "One committed change of one object, as recorded in the audit log.")
class AuditEvent(Node):
    at: datetime = attribute("When the change was made.")
    actor: str = attribute(
        f"Who made the change: {actors.FORMS}. A change by hand has the database's user."
        " Events of earlier releases keep the names that these wrote, such as retention."
    )
    token_id: strawberry.ID | None = batched(resolvers.audit.token_ids, "actor")
    action: AuditAction = attribute("What the change did.")
    kind: EntityKind = attribute("The kind of the changed object.")
    subject_node_id: strawberry.ID = attribute(
        "The ID of the changed object; of the binding for a price, of the model for an alias.",
        name="subjectId",
    )
    subject_name: str | None = batched(
        resolvers.audit.subject_names, "subject_name", "kind", "subject_node_id"
    )
    request_id: str | None = attribute(
        "The x-request-id of the request that made the change; null for jobs and commands."
    )
    model_name: str | None = batched(resolvers.audit.model_names, "id", "model_name")
    subject: Node | None = batched(resolvers.audit.subjects, "subject_node_id")
    model: Model | None = batched(resolvers.audit.models_of_events, "model_id")
    changes: list[FieldChange] = batched(
        resolvers.audit.changes,
        "changes_text",
        "subject_node_id",
        items_max=field_changes.CHANGES_MAX,
    )


@type_of(
    resolvers.events.RegistryEvent,
    "A change, as registryChanged delivers it.",
)
class RegistryEvent:
    cursor: str = attribute("Pass it as registryChanged(after:) to resume after this event.")
    event: AuditEvent = attribute("The change.")
    model: Model | None = batched(resolvers.events.changed_models, "model_id")
