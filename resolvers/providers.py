"""Providers: what their fields do."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from db.reads import bindings as bindings_db
from db.reads import providers
from db.reads.keyset import Relation
from db.tables import Provider
from resolvers import connections
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.filters import BindingFilter, ProviderFilter
from resolvers.orders import BY_SLUG, LOWEST_PRIORITY_FIRST, BindingOrder
from resolvers.parents import attributes


async def get(
    info: Info, slug: Annotated[str, describe("The provider's slug, such as openai.")]
) -> Provider | None:
    """One provider by slug."""
    return (await get_several(info, [{"slug": slug}]))[0]


async def get_several(info: Info, given: Sequence[Mapping[str, Any]]) -> list[Provider | None]:
    """What `get` gives for each choice of arguments."""
    slugs = [arguments["slug"] for arguments in given]
    distinct = list(dict.fromkeys(slugs))
    found = await providers.by_slugs(info.context.db.reader, distinct, attributes(info))
    return [found.get(slug) for slug in slugs]


page = connections.of_all(
    providers.LISTING, "All providers, by slug.", filter=ProviderFilter, default=BY_SLUG
)

binding_pages = connections.of_parents(
    Relation(bindings_db.LISTING, "provider_id"),
    Provider,
    "What it serves, lowest priority first unless ordered otherwise.",
    filter=BindingFilter,
    order_by=BindingOrder,
    default=LOWEST_PRIORITY_FIRST,
)
