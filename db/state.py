"""What the registry knows of itself, in SQL."""

from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import col

from db import reader
from db.reader import Source
from db.statements import Query
from db.tables import Price, RegistryState


class Moment(NamedTuple):
    """All that an answer may depend on: while it is the same, so is every answer.

    The revision moves with every write; the time at which the next known price takes effect, and
    the day on which sunsets are read, with the database's clock alone.
    """

    revision: int
    next_price_at: datetime | None
    today: date


def _select_moment() -> sa.Select[Any]:
    next_price_at = (
        sa.select(sa.func.min(col(Price.effective_from)))
        .where(col(Price.effective_from) > sa.func.now())
        .scalar_subquery()
    )
    columns: list[Any] = [
        sa.literal(1).label("parent"),
        RegistryState.revision,
        next_price_at.label("next_price_at"),
        sa.func.current_date().label("today"),
    ]
    return sa.select(*columns)


_MOMENT = Query("moment", _select_moment, {})


async def moment(source: Source) -> Moment:
    """The moment now; concurrent readers share one statement, which none of them has missed."""
    row = (await reader.row_by_key(source, _MOMENT, [1]))[1]
    return Moment(row.revision, row.next_price_at, row.today)


async def revision(source: Source) -> int:
    """The sequence number of the last committed change."""
    return (await moment(source)).revision
