"""The fields of versions."""

from typing import Annotated

from db.reads import aliases as aliases_db
from db.reads import bindings as bindings_db
from db.reads import models, versions
from db.reads.keyset import Relation
from db.tables import Model, ModelAlias, ModelVersion
from domain.enums import SloStatus
from resolvers import connections, orders, references
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.filters import BindingFilter, VersionFilter
from resolvers.parents import carried, loaded, parents_of
from resolvers.reference_inputs import VersionRef


async def get(
    info: Info,
    by: Annotated[VersionRef, describe("The ID, the content hash, or a model and a selector.")],
) -> ModelVersion | None:
    """A version by ID, by content hash, or by model and selector; null when it does not exist."""
    return await references.version(info.context.reader, by)


page = connections.of_all(
    versions.LISTING,
    "The versions of all models, newest first by default.",
    filter=VersionFilter,
    order_by=orders.VersionOrder,
    default=orders.NEWEST_FIRST,
)

binding_pages = connections.of_parents(
    Relation(bindings_db.LISTING, "version_id"),
    ModelVersion,
    "The bindings of the version, lowest priority first by default; none while it is ARCHIVED.",
    filter=BindingFilter,
    order_by=orders.BindingOrder,
    default=orders.LOWEST_PRIORITY_FIRST,
)


async def models_of_versions(info: Info, parents: list[ModelVersion]) -> list[Model]:
    """The model that the version belongs to."""
    return await parents_of(info, [row.model_id for row in parents], models.by_ids)


async def model_names(info: Info, parents: list[ModelVersion]) -> list[str]:
    """The name of the model, without a look at it."""
    return await carried(info, parents, "model_name", versions.by_ids)


async def alias_names(info: Info, parents: list[ModelVersion]) -> list[list[str]]:
    """The names of the aliases that point at the version, sorted."""
    return await carried(info, parents, "alias_names", versions.by_ids)


async def are_latest(info: Info, parents: list[ModelVersion]) -> list[bool]:
    """Whether it is the model's latestVersion."""
    return await carried(info, parents, "is_latest", versions.by_ids)


async def aliases(info: Info, parents: list[ModelVersion]) -> list[list[ModelAlias]]:
    """The aliases that point at the version, sorted by name."""
    return await loaded(info, [row.id for row in parents], aliases_db.of_versions)


async def slo_statuses(info: Info, parents: list[ModelVersion]) -> list[SloStatus]:
    """Whether routable bindings meet sloLatencyMs and sloSuccessRate now; see SloStatus."""
    found = await carried(info, parents, "slo_status", versions.by_ids)
    return [SloStatus(status) for status in found]
