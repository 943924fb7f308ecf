"""Statistics: what their fields do."""

from db.reads import providers, stats
from db.reads.stats import ProviderStats, RegistryStats
from db.tables import Provider
from resolvers.context import Info
from resolvers.filters import ModelsWhere, conditions
from resolvers.parents import loaded


async def get(info: Info, filter: ModelsWhere = None) -> RegistryStats:
    """Counts and averages over the registry, optionally for some models."""
    return await stats.stats(info.context.db.reader, conditions(filter))


async def providers_of_stats(info: Info, parents: list[ProviderStats]) -> list[Provider]:
    """Who serves them."""
    found = await loaded(info, [row.provider_id for row in parents], providers.by_ids)
    return [found[row.provider_id] for row in parents]  # bindings keep theirs from being deleted
