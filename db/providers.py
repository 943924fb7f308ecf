"""Providers in SQL."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.conditions import name_contains
from db.keyset import Listing, among, plain
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


async def by_ids(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Provider]:
    """The providers that exist among the ids."""
    rows = await session.exec(select(Provider).where(among(col(Provider.id), ids)))
    return {row.id: row for row in rows}


async def get(session: AsyncSession, **by: Any) -> Provider | None:
    """One provider by `id` or by `slug`."""
    return (await session.exec(select(Provider).filter_by(**by))).first()
