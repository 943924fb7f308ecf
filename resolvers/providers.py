"""Providers: what their fields do."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from db.reads import bindings as bindings_db
from db.reads import providers
from db.reads.keyset import Relation
from db.tables import Provider, ProviderBinding
from resolvers import pages
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.filters import BindingsWhere, ProvidersWhere
from resolvers.orders import BY_SLUG, LOWEST_PRIORITY_FIRST, BindingsBy
from resolvers.pages import After, Before, First, Last, Page, PageArguments
from resolvers.parents import attributes

_BINDINGS = Relation(bindings_db.LISTING, "provider_id")


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


async def page(
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: ProvidersWhere = None,
) -> Page[Provider]:
    """All providers, by slug."""
    arguments = PageArguments(first, after, last, before, filter)
    return await pages.of_all(info, providers.LISTING, arguments, BY_SLUG)


async def binding_pages(
    info: Info,
    parents: list[Provider],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: BindingsWhere = None,
    order_by: BindingsBy = None,
) -> list[Page[ProviderBinding]]:
    """What it serves, lowest priority first unless ordered otherwise."""
    arguments = PageArguments(first, after, last, before, filter, order_by)
    return await pages.of_parents(info, parents, _BINDINGS, arguments, LOWEST_PRIORITY_FIRST)
