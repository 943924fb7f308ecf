"""The type Model."""

from typing import TYPE_CHECKING, Annotated

import strawberry

import resolvers.audit
import resolvers.models
from db import tables
from domain import values
from domain.enums import TaskType
from schema.fields import attribute, batched, type_of
from schema.nodes import Node, Versioned
from schema.pages import Connection

if TYPE_CHECKING:
    from schema.aliases import ModelAlias
    from schema.audit import AuditEvent
    from schema.bindings import ProviderBinding
    from schema.versions import ModelVersion


@type_of(values.Label, "A key and a value of the owner's choosing.")
class Label:
    key: str = attribute("Up to 63 characters, unique in the model.")
    value: str = attribute("Up to 255 characters.")


@type_of(tables.Model, "A named model, whatever its versions.")
class Model(Node, Versioned):
    name: str = attribute("Unique: letters, digits, and . _ - : / @ inside, up to 200 characters.")
    task: TaskType = attribute("What the model is for.")
    subject: str | None = attribute("Subject domain, for example math.")
    description: str | None = attribute("What its owner says of it.")
    label_list: list[Label] = attribute("Its labels, by key.", name="labels")
    retention_keep: int = attribute("Versions that retention keeps, 1 to 10.")
    latest_version: Annotated["ModelVersion", strawberry.lazy("schema.versions")] | None = batched(
        resolvers.models.latest_versions, "id"
    )
    version: Annotated["ModelVersion", strawberry.lazy("schema.versions")] | None = batched(
        resolvers.models.selected_versions, "id"
    )
    aliases: list[Annotated["ModelAlias", strawberry.lazy("schema.aliases")]] = batched(
        resolvers.models.aliases, "id"
    )
    versions: Connection[Annotated["ModelVersion", strawberry.lazy("schema.versions")]] = batched(
        resolvers.models.version_pages, "id"
    )
    bindings: Connection[Annotated["ProviderBinding", strawberry.lazy("schema.bindings")]] = (
        batched(resolvers.models.binding_pages, "id")
    )
    audit_events: Connection[Annotated["AuditEvent", strawberry.lazy("schema.audit")]] = batched(
        resolvers.audit.model_pages, "id"
    )
