"""The prices that catalogs say of a binding, from their entries."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import Catalog, CatalogEntry
from domain import prices


class SaidPrice(NamedTuple):
    """Components as `domain.prices.to_json` gives them; `starts` None: the start is unknown."""

    starts: datetime | None
    components: list[dict[str, Any]]


class SaidPrices(NamedTuple):
    """All prices that the owning catalog says."""

    catalog: str
    prices: list[SaidPrice]

    def at(self, moment: datetime) -> SaidPrice | None:
        """The newest price that has started; None where none has."""
        return prices.in_effect(self.prices, moment)

    def after(self, moment: datetime) -> list[SaidPrice]:
        """The prices that start later."""
        return [each for each in self.prices if (each.starts or prices.UNKNOWN_START) > moment]


async def of_binding(session: AsyncSession, binding_id: UUID) -> SaidPrices | None:
    """What the catalog that owns the binding's price says; None where no catalog says a price.

    As in an import: listed entries come first, then precedence, catalog and key decide.
    """
    said: Any = col(CatalogEntry.said)["said"]["prices"]
    query = (
        sa.select(col(Catalog.name), said)
        .select_from(sa.join(CatalogEntry, Catalog, col(Catalog.id) == CatalogEntry.catalog_id))
        .where(
            col(CatalogEntry.binding_id) == binding_id,
            sa.func.jsonb_array_length(sa.func.coalesce(said, sa.literal([], JSONB()))) > 0,
        )
        .order_by(
            col(CatalogEntry.delisted_at).is_not(None),
            col(Catalog.precedence),
            col(Catalog.name),
            col(CatalogEntry.key),
        )
        .limit(1)
    )
    row = (await (await session.connection()).execute(query)).one_or_none()
    return None if row is None else SaidPrices(row[0], [_read(each) for each in row[1]])


def _read(stored: dict[str, Any]) -> SaidPrice:
    day = stored["effective_from"]
    return SaidPrice(
        prices.start_of(date.fromisoformat(day) if day else None), stored["components"]
    )
