"""Models: what their fields do."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from db.reads import aliases as aliases_db
from db.reads import bindings as bindings_db
from db.reads import models, versions
from db.reads.keyset import Relation
from db.tables import Model, ModelAlias, ModelVersion
from resolvers import connections, references
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.filters import BindingFilter, ModelFilter, VersionFilter
from resolvers.orders import (
    HIGHEST_NUMBER_FIRST,
    LOWEST_PRIORITY_FIRST,
    NEWEST_FIRST,
    BindingOrder,
    ModelOrder,
    VersionOrder,
)
from resolvers.parents import attributes, loaded
from resolvers.reference_inputs import ModelRef, VersionSelector


async def get(info: Info, by: Annotated[ModelRef, describe("The model.")]) -> Model | None:
    """One model, by ID or by name."""
    return (await get_several(info, [{"by": by}]))[0]


async def get_several(info: Info, given: Sequence[Mapping[str, Any]]) -> list[Model | None]:
    """What `get` gives for each choice of arguments."""
    refs = [arguments["by"] for arguments in given]
    return await references.models_by(info.context.db.reader, refs, attributes(info))


page = connections.of_all(
    models.LISTING,
    "Models, newest first unless ordered otherwise.",
    filter=ModelFilter,
    order_by=ModelOrder,
    default=NEWEST_FIRST,
)

version_pages = connections.of_parents(
    Relation(versions.LISTING, "model_id"),
    Model,
    "Its versions, highest number first unless ordered otherwise.",
    filter=VersionFilter,
    order_by=VersionOrder,
    default=HIGHEST_NUMBER_FIRST,
)

binding_pages = connections.of_parents(
    Relation(bindings_db.LISTING, "model_id"),
    Model,
    "Bindings of all this model's versions, lowest priority first unless ordered otherwise.",
    filter=BindingFilter,
    order_by=BindingOrder,
    default=LOWEST_PRIORITY_FIRST,
)


async def latest_versions(info: Info, parents: list[Model]) -> list[ModelVersion | None]:
    """The ACTIVE version with the highest number, if any."""
    return await _selected(info, parents, VersionSelector(latest=True))


async def selected_versions(
    info: Info,
    parents: list[Model],
    select: Annotated[VersionSelector, describe("Which version.")],
) -> list[ModelVersion | None]:
    """One of its versions: the latest, or by alias, semantic version, number or content hash."""
    return await _selected(info, parents, select)


async def aliases(info: Info, parents: list[Model]) -> list[list[ModelAlias]]:
    """Its aliases, by name."""
    found = await loaded(info, [row.id for row in parents], aliases_db.of_models)
    return [found[row.id] for row in parents]


async def _selected(
    info: Info, parents: list[Model], select: VersionSelector
) -> list[ModelVersion | None]:
    name, value = references.selector(select)
    load = partial(
        versions.selected_of_models, selector=name, value=value, attributes=attributes(info)
    )
    found = await loaded(info, [row.id for row in parents], load)
    return [found.get(row.id) for row in parents]
