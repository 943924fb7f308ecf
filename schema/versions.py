"""The type ModelVersion."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

import resolvers.versions
from db import tables
from domain import values
from domain.enums import ArchiveReason, Capability, SloStatus, VersionStatus
from resolvers.scalars import SHA256, URL, BigInt, SemVer
from schema.fields import attribute, batched, type_of
from schema.models import Model
from schema.nodes import Node, Versioned
from schema.pages import Connection

if TYPE_CHECKING:
    from schema.aliases import ModelAlias
    from schema.bindings import ProviderBinding


@type_of(values.ArchiveInfo, "Where an archived version's content went.")
class ArchiveInfo:
    archived_at: datetime = attribute("When it was archived.")
    reason: ArchiveReason = attribute("By retention policy, or by hand.")
    storage_uri: str = attribute("The object in cold storage.")
    content_hash: SHA256 = attribute("SHA-256 of that object, verified on restore.")
    size_bytes: BigInt = attribute("Size of that object in bytes.")
    purge_after: datetime | None = attribute("From when on a purge may remove it.")


@type_of(values.VersionHold, "Keeps a version from being archived or purged.")
class VersionHold:
    reason: str = attribute("Why it is held.")
    actor: str = attribute("Who put the hold.")
    at: datetime = attribute("Since when.")


@type_of(tables.ModelVersion, "One release of a model; number, version and hash never change.")
class ModelVersion(Node, Versioned):
    model: Model = batched(resolvers.versions.models_of_versions, "model_id")
    number: int = attribute("Given by the server, counting up per model, never used twice.")
    version: SemVer = attribute("Unique in the model.")
    content_hash: SHA256 = attribute("Unique in the model.")
    region: str = attribute("Home region.")
    status: VersionStatus = attribute("Where it stands in its life.")
    eval_score: float | None = attribute("Quality from 0 to 1.")
    cost_per_1k: Decimal | None = attribute(
        "US dollars per 1,000 tokens, as recorded for the version.", name="costPer1k"
    )
    slo_latency_ms: int | None = attribute("Target 95th-percentile latency in milliseconds.")
    slo_success_rate: float | None = attribute("Target success rate, 0 to 1.")
    slo_status: SloStatus = batched(resolvers.versions.slo_statuses, "id")
    context_window: int | None = attribute("Tokens it can take in at once.")
    max_output_tokens: int | None = attribute("Tokens it can give at once.")
    capabilities: list[Capability] = attribute("What it can do beyond its task.")
    artifact_url: URL | None = attribute("Where its artifact is kept.")
    size_bytes: BigInt | None = attribute("Size of the artifact in bytes.")
    metadata_: JSON | None = attribute("Facts of the owner's choosing.", name="metadata")
    deprecated_on: date | None = attribute("From when on it should not be chosen anew.")
    sunset_on: date | None = attribute("The last day it serves.")
    archive: ArchiveInfo | None = attribute("Where its content went, once it is ARCHIVED.")
    hold: VersionHold | None = attribute("What keeps it from being archived, if anything.")
    aliases: list[Annotated["ModelAlias", strawberry.lazy("schema.aliases")]] = batched(
        resolvers.versions.aliases, "id"
    )
    bindings: Connection[Annotated["ProviderBinding", strawberry.lazy("schema.bindings")]] = (
        batched(resolvers.versions.binding_pages, "id")
    )
