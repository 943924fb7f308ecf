"""The fields of statistics."""

from typing import Annotated

from db.reads import providers, stats
from db.reads.stats import ProviderStats, RegistryStats
from db.tables import Provider
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.filters import ModelFilter, conditions
from resolvers.parents import attributes, loaded


async def get(
    info: Info,
    filter: Annotated[
        ModelFilter | None, describe("Only models that match; all by default.")
    ] = None,
) -> RegistryStats:
    """Counts and averages over all models, or over those that match a filter."""
    return await stats.stats(info.context.reader, conditions(filter), attributes(info))


async def providers_of_stats(info: Info, parents: list[ProviderStats]) -> list[Provider]:
    """The provider."""
    return await loaded(info, [row.provider_id for row in parents], providers.by_ids)
