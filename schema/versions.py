"""The type ModelVersion."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

import resolvers.versions
from db import tables
from domain import rules, values
from domain.enums import ArchiveReason, Capability, SloStatus, VersionStatus
from resolvers.scalars import SHA256, URL, BigInt, SemVer
from schema.fields import attribute, batched, type_of
from schema.models import Model
from schema.nodes import Node, Versioned
from schema.pages import Connection

if TYPE_CHECKING:
    from schema.aliases import ModelAlias
    from schema.bindings import ProviderBinding


@type_of(
    values.ArchiveInfo,
    "The archive of a version: its bindings, prices and metadata as one object in cold storage.",
)
class ArchiveInfo:
    archived_at: datetime = attribute("When it was archived.")
    reason: ArchiveReason = attribute("Why it was archived.")
    storage_uri: str = attribute("The URI of the object in cold storage.")
    content_hash: SHA256 = attribute("SHA-256 of the object; restoreVersion verifies it.")
    size_bytes: BigInt = attribute("Size of the object in bytes.")
    purge_after: datetime | None = attribute(
        "When the background job may delete the version for good, unless it is protected: 365 days"
        " after archivedAt."
    )


@type_of(values.VersionHold, "A hold: while it lasts, the version is neither archived nor purged.")
class VersionHold:
    reason: str = attribute("Why it is held.")
    actor: str = attribute("Who put the hold; see AuditEvent.actor.")
    at: datetime = attribute("When the hold was put.")


@type_of(tables.ModelVersion, "One release of a model.")
class ModelVersion(Node, Versioned):
    model: Model = batched(resolvers.versions.models_of_versions, "model_id")
    model_name: str = batched(resolvers.versions.model_names, "id", "model_name")
    number: int = attribute(
        "Counts up from 1 in each model; assigned by the server, immutable and never reused."
    )
    version: SemVer = attribute("Semantic version; unique in the model and immutable.")
    content_hash: SHA256 = attribute(
        "SHA-256 of the version's content; unique in the model and immutable. Catalogs do not know"
        " the content: for a version that only catalogs made, it is that of the model's and the"
        " version's name, and follows the model's name."
    )
    region: str = attribute("Home region, such as eu-west-1.")
    status: VersionStatus = attribute("The lifecycle state.")
    eval_score: float | None = attribute("Quality from 0 to 1; null when unknown.")
    cost_per_1k: Decimal | None = attribute(
        "Cost in US dollars per 1,000 tokens, as registered; null when unknown.",
        name="costPer1k",
    )
    slo_latency_ms: int | None = attribute(
        "Target for the 95th percentile of the latency in milliseconds; null without a target."
    )
    slo_success_rate: float | None = attribute(
        "Target for the success rate, 0 to 1; null without a target."
    )
    slo_status: SloStatus = batched(
        resolvers.versions.slo_statuses, "id", "slo_status", observed=True
    )
    context_window: int | None = attribute(
        "Largest number of tokens in a context; null when unknown."
    )
    max_output_tokens: int | None = attribute(
        "Largest number of tokens in a response; null when unknown."
    )
    capabilities: list[Capability] | None = attribute(
        "The features that it supports beyond its task; null when unknown, empty for none.",
        items_max=len(Capability),
    )
    artifact_url: URL | None = attribute("The URI of its artifact; null when not set.")
    size_bytes: BigInt | None = attribute("Size of the artifact in bytes; null when unknown.")
    metadata_: JSON | None = attribute(
        "Any JSON that was registered with it; null when none, and while ARCHIVED.", name="metadata"
    )
    released_on: date | None = attribute(
        "The day on which its maker released it; null when unknown."
    )
    rolling: bool = attribute(
        "Whether what it serves can change under the same name, as it does for a name without a"
        " date. A rolling version is later than any other."
    )
    deprecated_on: date | None = attribute(
        "The day from which new uses should choose another version; null when not set."
    )
    sunset_on: date | None = attribute(
        "The last day (UTC) on which its bindings are routable; null without an end."
    )
    archive: ArchiveInfo | None = attribute("Its archive while it is ARCHIVED, else null.")
    hold: VersionHold | None = attribute("The hold on it; null when it is not held.")
    is_latest: bool = batched(resolvers.versions.are_latest, "id", "is_latest")
    alias_names: list[str] = batched(
        resolvers.versions.alias_names, "id", "alias_names", items_max=rules.ALIASES_MAX
    )
    aliases: list[Annotated["ModelAlias", strawberry.lazy("schema.aliases")]] = batched(
        resolvers.versions.aliases, "id", items_max=rules.ALIASES_MAX
    )
    bindings: Connection[Annotated["ProviderBinding", strawberry.lazy("schema.bindings")]] = (
        batched(resolvers.versions.binding_pages, "id")
    )
