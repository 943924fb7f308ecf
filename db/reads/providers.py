"""Providers in SQL."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col

from db.postgres.reader import Source
from db.reads.conditions import name_contains
from db.reads.keyset import Listing, among, plain
from db.reads.lookup import row_by_column
from db.tables import Provider

LISTING = Listing(
    table=Provider,
    conditions={
        "slugs": lambda slugs: among(col(Provider.slug), slugs),
        "kind": lambda kinds: among(col(Provider.kind), kinds),
        "name_contains": name_contains(Provider),
    },
    keys={"SLUG": plain(col(Provider.slug))},
)


async def by_ids(
    source: Source, ids: Sequence[UUID], attributes: frozenset[str] | None = None
) -> dict[UUID, Provider]:
    """The providers that exist among the ids."""
    return await row_by_column(source, Provider, "id", ids, attributes)


async def by_slugs(
    source: Source, slugs: Sequence[str], attributes: frozenset[str] | None = None
) -> dict[str, Provider]:
    """The providers that exist among the slugs."""
    return await row_by_column(source, Provider, "slug", slugs, attributes)
