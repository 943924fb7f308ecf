"""The prices that catalogs say of a binding, from their entries."""

from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import Catalog, CatalogEntry

_FIRST = datetime.min.replace(tzinfo=UTC)  # an unknown start, in comparisons


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
        started = [each for each in self.prices if (each.starts or _FIRST) <= moment]
        return max(started, key=lambda each: each.starts or _FIRST, default=None)

    def after(self, moment: datetime) -> list[SaidPrice]:
        """The prices that start later."""
        return [each for each in self.prices if (each.starts or _FIRST) > moment]


async def of_binding(session: AsyncSession, binding_id: UUID) -> SaidPrices | None:
    """What the catalog that owns the binding's price says; None where no catalog says a price.

    As in an import: listed entries come first, then precedence, catalog and key decide.
    """
    prices: Any = col(CatalogEntry.said)["said"]["prices"]
    query = (
        sa.select(col(Catalog.name), prices)
        .select_from(sa.join(CatalogEntry, Catalog, col(Catalog.id) == CatalogEntry.catalog_id))
        .where(
            col(CatalogEntry.binding_id) == binding_id,
            sa.func.jsonb_array_length(sa.func.coalesce(prices, sa.literal([], JSONB()))) > 0,
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
    starts = datetime.combine(date.fromisoformat(day), time(), UTC) if day else None
    return SaidPrice(starts, stored["components"])
