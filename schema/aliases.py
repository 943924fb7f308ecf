"""The type ModelAlias and its history."""

from datetime import datetime

import resolvers.aliases
from db import tables
from db.reads import aliases
from domain.audit_enums import AuditAction
from resolvers.scalars import SemVer
from schema.fields import attribute, batched, type_of
from schema.models import Model
from schema.nodes import Node
from schema.pages import Connection
from schema.versions import ModelVersion


@type_of(aliases.AliasChange, "One change of an alias: a move to a version, or its deletion.")
class AliasChange:
    action: AuditAction = attribute(
        "ALIASED or ROLLED_BACK when it was pointed at the version, and DELETED when the alias that"
        " pointed at the version was deleted."
    )
    version_number: int = attribute(
        "The version's number, known also after the version was deleted."
    )
    version_label: SemVer = attribute(
        "The version's semantic version, known also after the version was deleted."
    )
    version: ModelVersion | None = batched(resolvers.aliases.versions_of_changes, "version_id")
    at: datetime = attribute("When the alias changed.")
    actor: str = attribute("Who changed it; see AuditEvent.actor.")


@type_of(tables.ModelAlias, "A name, such as production, that points at one version of a model.")
class ModelAlias(Node):
    name: str = attribute("The alias, unique in the model.")
    model: Model = batched(resolvers.aliases.models_of_aliases, "model_id")
    version: ModelVersion = batched(resolvers.aliases.versions_of_aliases, "version_id")
    updated_at: datetime = attribute("When it was created or last moved.")
    history: Connection[AliasChange] = batched(resolvers.aliases.history_pages, "id")
