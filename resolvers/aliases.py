"""The fields of aliases."""

from functools import partial

from db.reads import aliases, models, versions
from db.reads.aliases import AliasChange
from db.tables import Model, ModelAlias, ModelVersion
from resolvers import connections
from resolvers.context import Info
from resolvers.orders import Order, OrderDirection
from resolvers.parents import attributes, loaded, parents_of

history_pages = connections.of_parents(
    aliases.HISTORY,
    ModelAlias,
    "All changes of the alias, newest first, including those of an earlier alias of this name.",
    default=Order("SEQUENCE", OrderDirection.DESC),
)


async def models_of_aliases(info: Info, parents: list[ModelAlias]) -> list[Model]:
    """The model that the alias belongs to."""
    return await parents_of(info, [row.model_id for row in parents], models.by_ids)


async def versions_of_aliases(info: Info, parents: list[ModelAlias]) -> list[ModelVersion]:
    """The version that the alias points at."""
    return await parents_of(info, [row.version_id for row in parents], versions.by_ids)


async def versions_of_changes(info: Info, parents: list[AliasChange]) -> list[ModelVersion | None]:
    """The version that the alias was pointed at; of a DELETED alias, its last one.

    Null when the version no longer exists: versionNumber and versionLabel say which one it was.
    """
    load = partial(versions.by_ids, attributes=attributes(info))
    return await loaded(info, [row.version_id for row in parents], load)
