"""The fields of bindings."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import strawberry

from db.reads import bindings, prices, providers, versions
from db.reads.prices import DatedPrice
from db.tables import ModelVersion, Provider, ProviderBinding
from domain import ids
from domain.call_urls import call_url
from resolvers import connections, orders
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.filters import BindingFilter
from resolvers.orders import Order, OrderDirection
from resolvers.parents import attributes, carried, loaded, parents_of

_ADDRESS = frozenset({"slug", "api_base"})


async def get(
    info: Info, id: Annotated[strawberry.ID, describe("The binding's ID.")]
) -> ProviderBinding | None:
    """A binding by ID; null when it does not exist."""
    return (await get_several(info, [{"id": id}]))[0]


async def get_several(
    info: Info, argument_sets: Sequence[Mapping[str, Any]]
) -> list[ProviderBinding | None]:
    """The result of `get` for each set of arguments."""
    keys = [ids.decode(ids.BINDING, arguments["id"]) for arguments in argument_sets]
    return await loaded(info, keys, partial(bindings.by_ids, attributes=attributes(info)))


page = connections.of_all(
    bindings.LISTING,
    "The bindings of all versions, newest first by default.",
    filter=BindingFilter,
    order_by=orders.BindingOrder,
    default=orders.NEWEST_FIRST,
)


async def versions_of_bindings(info: Info, parents: list[ProviderBinding]) -> list[ModelVersion]:
    """The version that the binding serves."""
    return await parents_of(info, [row.version_id for row in parents], versions.by_ids)


async def providers_of_bindings(info: Info, parents: list[ProviderBinding]) -> list[Provider]:
    """The provider that serves the version."""
    return await parents_of(info, [row.provider_id for row in parents], providers.by_ids)


async def model_names(info: Info, parents: list[ProviderBinding]) -> list[str]:
    """The name of the model: version.model.name, without a look at either."""
    return [names[0] for names in await _names(info, parents)]


async def version_labels(info: Info, parents: list[ProviderBinding]) -> list[str]:
    """The semantic version of the version that it serves, without a look at it."""
    return [names[1] for names in await _names(info, parents)]


async def provider_slugs(info: Info, parents: list[ProviderBinding]) -> list[str]:
    """The slug of the provider, without a look at it."""
    return [names[2] for names in await _names(info, parents)]


async def provider_names(info: Info, parents: list[ProviderBinding]) -> list[str]:
    """The provider's name for people, without a look at it."""
    return [names[3] for names in await _names(info, parents)]


async def _names(info: Info, parents: list[ProviderBinding]) -> list[list[str]]:
    return await carried(info, parents, "names", bindings.by_ids)


async def credential_refs(info: Info, parents: list[ProviderBinding]) -> list[str | None]:
    """A reference to the place of the secret, never the secret.

    It begins with env://, vault://, aws-sm://, gcp-sm:// or k8s://. Null when none is set, and for
    callers below the role EDITOR.
    """
    return [row.credential_ref for row in parents]


async def urls(info: Info, parents: list[ProviderBinding]) -> list[str | None]:
    """Where to call it: endpoint, else the provider's apiBase, else its well-known public address.

    Addresses that differ per customer are filled from region and config: Bedrock and Vertex from
    the region, `{"region": ...}` in config overrules it; Azure from `{"resource": ...}`,
    Cloudflare and Snowflake from `{"account": ...}`, Databricks from `{"host": ...}`. Bedrock
    without a region is us-east-1. Null when no address is known, or a value is missing.
    """
    keys = [None if row.endpoint else row.provider_id for row in parents]
    load = partial(providers.by_ids, attributes=_ADDRESS)
    found = await loaded(info, keys, load) if any(keys) else keys
    return [
        call_url(row.endpoint, by.api_base, by.slug, row.region, row.config) if by else row.endpoint
        for row, by in zip(parents, found, strict=True)
    ]


async def routable(info: Info, parents: list[ProviderBinding]) -> list[bool]:
    """Whether the binding can be called now.

    It is ACTIVE, its version is ACTIVE or DEPRECATED, neither is past its sunsetOn (UTC), and its
    circuit is not OPEN. A HALF_OPEN one lets a trial through: see claimTrial.
    """
    return await carried(info, parents, "is_routable", bindings.by_ids)


async def prices_in_effect(
    info: Info,
    parents: list[ProviderBinding],
    at: Annotated[datetime | None, describe("The time; now by default.")] = None,
) -> list[DatedPrice | None]:
    """The price in effect at a time; null when none was, and before the version's releasedOn.

    It is the newest price that started at or before the time, else the one of unknown start.
    """
    load = partial(prices.in_effect, at=at, attributes=attributes(info))
    return await loaded(info, [row.id for row in parents], load)


price_pages = connections.of_parents(
    prices.OF_BINDINGS,
    ProviderBinding,
    "All past, present and future prices, by effectiveFrom, latest first.",
    default=Order("EFFECTIVE_FROM", OrderDirection.DESC),
)
