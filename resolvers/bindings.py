"""Bindings: what their fields do."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import strawberry

from db.reads import bindings, prices, providers, versions
from db.reads.prices import DatedPrice
from db.tables import ModelVersion, Provider, ProviderBinding
from domain import ids
from resolvers import connections
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.filters import BindingFilter
from resolvers.health import UNKNOWN_HEALTH, BindingHealth
from resolvers.orders import NEWEST_FIRST, BindingOrder
from resolvers.parents import attributes, loaded, parents_of


async def get(
    info: Info, id: Annotated[strawberry.ID, describe("The binding's ID.")]
) -> ProviderBinding | None:
    """One binding."""
    return (await get_several(info, [{"id": id}]))[0]


async def get_several(
    info: Info, given: Sequence[Mapping[str, Any]]
) -> list[ProviderBinding | None]:
    """What `get` gives for each choice of arguments."""
    keys = [ids.decode(ids.BINDING, arguments["id"]) for arguments in given]
    distinct = list(dict.fromkeys(key for key in keys if key is not None))
    found = await bindings.by_ids(info.context.db.reader, distinct, attributes(info))
    return [None if key is None else found.get(key) for key in keys]


page = connections.of_all(
    bindings.LISTING,
    "Bindings of all versions, newest first unless ordered otherwise.",
    filter=BindingFilter,
    order_by=BindingOrder,
    default=NEWEST_FIRST,
)


async def versions_of_bindings(info: Info, parents: list[ProviderBinding]) -> list[ModelVersion]:
    """The version that is served."""
    return await parents_of(info, [row.version_id for row in parents], versions.by_ids)


async def providers_of_bindings(info: Info, parents: list[ProviderBinding]) -> list[Provider]:
    """Who serves it."""
    return await parents_of(info, [row.provider_id for row in parents], providers.by_ids)


async def routable(info: Info, parents: list[ProviderBinding]) -> list[bool]:
    """ACTIVE, circuit not OPEN, version ACTIVE or DEPRECATED, not past any sunset."""
    found = await bindings.routable(info.context.db.reader, [row.id for row in parents])
    return [row.id in found for row in parents]


async def prices_in_effect(
    info: Info,
    parents: list[ProviderBinding],
    at: Annotated[datetime | None, describe("The time; now unless given.")] = None,
) -> list[DatedPrice | None]:
    """Price in effect at a time, now unless given; null when unknown (never zero for unknown)."""
    load = partial(prices.in_effect, at=at)
    found = await loaded(info, [row.id for row in parents], load)
    return [found.get(row.id) for row in parents]


async def price_histories(info: Info, parents: list[ProviderBinding]) -> list[list[DatedPrice]]:
    """All prices, newest first, those to come included."""
    found = await loaded(info, [row.id for row in parents], prices.history)
    return [found[row.id] for row in parents]


async def healths(info: Info, parents: list[ProviderBinding]) -> list[BindingHealth]:
    """Rolling figures from reportOutcomes; UNKNOWN until outcomes are recorded."""
    return [UNKNOWN_HEALTH] * len(parents)
