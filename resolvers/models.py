"""The fields of models."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from db.reads import aliases as aliases_db
from db.reads import bindings as bindings_db
from db.reads import models, versions
from db.reads.keyset import Relation
from db.tables import Model, ModelAlias, ModelVersion
from resolvers import connections, orders, references
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.filters import BindingFilter, ModelFilter, VersionFilter
from resolvers.parents import attributes, loaded
from resolvers.reference_inputs import ModelRef, VersionSelector


async def get(info: Info, by: Annotated[ModelRef, describe("The ID or the name.")]) -> Model | None:
    """A model by ID or by name; null when it does not exist."""
    return (await get_several(info, [{"by": by}]))[0]


async def get_several(info: Info, argument_sets: Sequence[Mapping[str, Any]]) -> list[Model | None]:
    """The result of `get` for each set of arguments."""
    refs = [arguments["by"] for arguments in argument_sets]
    return await references.models_by(info.context.db.reader, refs, attributes(info))


page = connections.of_all(
    models.LISTING,
    "All models, newest first by default.",
    filter=ModelFilter,
    order_by=orders.ModelOrder,
    default=orders.NEWEST_FIRST,
)

version_pages = connections.of_parents(
    Relation(versions.LISTING, "model_id"),
    Model,
    "The versions of the model, highest number first by default.",
    filter=VersionFilter,
    order_by=orders.VersionOrder,
    default=orders.HIGHEST_NUMBER_FIRST,
)

binding_pages = connections.of_parents(
    Relation(bindings_db.LISTING, "model_id"),
    Model,
    "The bindings of all versions of the model, lowest priority first by default.",
    filter=BindingFilter,
    order_by=orders.BindingOrder,
    default=orders.LOWEST_PRIORITY_FIRST,
)


async def latest_versions(info: Info, parents: list[Model]) -> list[ModelVersion | None]:
    """The ACTIVE version with the highest number; null without an ACTIVE version."""
    return await _selected(info, parents, VersionSelector(latest=True))


async def selected_versions(
    info: Info,
    parents: list[Model],
    select: Annotated[VersionSelector, describe("How to select the version.")],
) -> list[ModelVersion | None]:
    """The version of the model that a selector names; null when there is none."""
    return await _selected(info, parents, select)


async def aliases(info: Info, parents: list[Model]) -> list[list[ModelAlias]]:
    """The aliases of the model, sorted by name."""
    return await loaded(info, [row.id for row in parents], aliases_db.of_models)


async def _selected(
    info: Info, parents: list[Model], select: VersionSelector
) -> list[ModelVersion | None]:
    name, value = references.selector(select)
    load = partial(
        versions.selected_of_models, selector=name, value=value, attributes=attributes(info)
    )
    return await loaded(info, [row.id for row in parents], load)
