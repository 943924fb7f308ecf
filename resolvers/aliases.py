"""Aliases: what their fields do."""

from functools import partial

from db.reads import aliases, models, versions
from db.reads.aliases import AliasChange
from db.tables import Model, ModelAlias, ModelVersion
from resolvers.context import Info
from resolvers.parents import attributes, loaded, parents_of


async def models_of_aliases(info: Info, parents: list[ModelAlias]) -> list[Model]:
    """The model whose versions it names."""
    return await parents_of(info, [row.model_id for row in parents], models.by_ids)


async def versions_of_aliases(info: Info, parents: list[ModelAlias]) -> list[ModelVersion]:
    """The version it points at."""
    return await parents_of(info, [row.version_id for row in parents], versions.by_ids)


async def histories(info: Info, parents: list[ModelAlias]) -> list[list[AliasChange]]:
    """Where it has pointed, newest first."""
    found = await loaded(info, [(row.model_id, row.name) for row in parents], aliases.histories)
    return [found[row.model_id, row.name] for row in parents]


async def versions_of_changes(info: Info, parents: list[AliasChange]) -> list[ModelVersion | None]:
    """The version it was pointed at; null when it was deleted, or its version is gone."""
    keys = [row.version_id for row in parents if row.version_id is not None]
    load = partial(versions.by_ids, attributes=attributes(info))
    found = await loaded(info, keys, load)
    return [found.get(row.version_id) if row.version_id else None for row in parents]
