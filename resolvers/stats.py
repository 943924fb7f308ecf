"""Statistics: what their fields do."""

from typing import Annotated

from db.reads import providers, stats
from db.reads.stats import ProviderStats, RegistryStats
from db.tables import Provider
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.filters import ModelFilter, conditions
from resolvers.parents import loaded


async def get(
    info: Info,
    filter: Annotated[ModelFilter | None, describe("Only models that meet all of this.")] = None,
) -> RegistryStats:
    """Counts and averages over the registry, optionally for some models."""
    return await stats.stats(info.context.db.reader, conditions(filter))


async def providers_of_stats(info: Info, parents: list[ProviderStats]) -> list[Provider]:
    """Who serves them."""
    found = await loaded(info, [row.provider_id for row in parents], providers.by_ids)
    return [found[row.provider_id] for row in parents]  # bindings keep theirs from being deleted
