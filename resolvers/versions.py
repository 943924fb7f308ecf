"""Versions: what their fields do."""

from typing import Annotated

from db.reads import aliases as aliases_db
from db.reads import bindings as bindings_db
from db.reads import models, versions
from db.reads.keyset import Relation
from db.tables import Model, ModelAlias, ModelVersion
from domain.enums import SloStatus
from resolvers import connections, references
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.filters import BindingFilter, VersionFilter
from resolvers.orders import LOWEST_PRIORITY_FIRST, NEWEST_FIRST, BindingOrder, VersionOrder
from resolvers.parents import loaded, parents_of
from resolvers.reference_inputs import VersionRef


async def get(
    info: Info, by: Annotated[VersionRef, describe("The version.")]
) -> ModelVersion | None:
    """One version, by ID, by content hash, or by model and selector."""
    return await references.version(info.context.db.reader, by)


page = connections.of_all(
    versions.LISTING,
    "Versions of all models, newest first unless ordered otherwise.",
    filter=VersionFilter,
    order_by=VersionOrder,
    default=NEWEST_FIRST,
)

binding_pages = connections.of_parents(
    Relation(bindings_db.LISTING, "version_id"),
    ModelVersion,
    "How providers serve it, lowest priority first unless ordered otherwise.",
    filter=BindingFilter,
    order_by=BindingOrder,
    default=LOWEST_PRIORITY_FIRST,
)


async def models_of_versions(info: Info, parents: list[ModelVersion]) -> list[Model]:
    """The model this is a version of."""
    return await parents_of(info, [row.model_id for row in parents], models.by_ids)


async def aliases(info: Info, parents: list[ModelVersion]) -> list[list[ModelAlias]]:
    """The aliases that point at it, by name."""
    found = await loaded(info, [row.id for row in parents], aliases_db.of_versions)
    return [found[row.id] for row in parents]


async def slo_statuses(info: Info, parents: list[ModelVersion]) -> list[SloStatus]:
    """The targets against the routable bindings' figures.

    MET when one of them meets every target, BREACHED when none does, UNKNOWN without a target or
    without figures.
    """
    found = await loaded(info, [row.id for row in parents], versions.slo_statuses)
    return [found.get(row.id, SloStatus.UNKNOWN) for row in parents]
