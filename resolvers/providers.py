"""The fields of providers."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from db.reads import bindings as bindings_db
from db.reads import providers
from db.reads.keyset import Relation
from db.tables import Provider
from resolvers import connections, orders
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.filters import BindingFilter, ProviderFilter
from resolvers.parents import attributes, loaded


async def get(
    info: Info, slug: Annotated[str, describe("The slug, such as openai.")]
) -> Provider | None:
    """A provider by slug; null when it does not exist."""
    return (await get_several(info, [{"slug": slug}]))[0]


async def get_several(
    info: Info, argument_sets: Sequence[Mapping[str, Any]]
) -> list[Provider | None]:
    """The result of `get` for each set of arguments."""
    slugs = [arguments["slug"] for arguments in argument_sets]
    return await loaded(info, slugs, partial(providers.by_slugs, attributes=attributes(info)))


page = connections.of_all(
    providers.LISTING,
    "All providers, sorted by slug.",
    filter=ProviderFilter,
    default=orders.BY_SLUG,
)

binding_pages = connections.of_parents(
    Relation(bindings_db.LISTING, "provider_id"),
    Provider,
    "The bindings of the provider, lowest priority first by default.",
    filter=BindingFilter,
    order_by=orders.BindingOrder,
    default=orders.LOWEST_PRIORITY_FIRST,
)
