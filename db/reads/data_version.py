"""What the registry knows of itself, in SQL."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.batching import Batcher, BatchSlot
from db.postgres.reader import Source
from db.postgres.statements import Query
from db.tables import Model, Price, RegistryState


class DataVersion(NamedTuple):
    """All that an answer may depend on: while it is the same, so is every answer.

    The revision moves with every write; the time at which the next known price takes effect, and
    the day on which sunsets are read, with the database's clock alone.
    """

    revision: int
    next_price_at: datetime | None
    today: date


def _select_current() -> sa.Select[Any]:
    next_price_at = (
        sa.select(sa.func.min(col(Price.effective_from)))
        .where(col(Price.effective_from) > sa.func.now())
        .scalar_subquery()
    )
    columns: list[Any] = [
        RegistryState.revision,
        next_price_at.label("next_price_at"),
        sa.func.current_date().label("today"),
    ]
    return sa.select(*columns)


_CURRENT = Query("moment", _select_current, {})


async def current(source: Source) -> DataVersion:
    """The moment now."""
    row = (await reader.rows(source, _CURRENT))[0]
    return DataVersion(row.revision, row.next_price_at, row.today)


class DataVersionReader:
    """The moment now, for many who ask at once: one statement, which none of them has missed."""

    def __init__(self, source: Source) -> None:
        # it takes a quarter of a millisecond, so that a second one would only cost more
        self._batcher: Batcher[None, DataVersion] = Batcher(self._read, in_flight_max=1)
        self._source = source

    def current(self) -> BatchSlot[None, DataVersion]:
        """Awaited, or asked for its value when it is done: not older than this call."""
        return self._batcher.join(None)

    async def _read(self, _: Sequence[None]) -> dict[None, DataVersion]:
        return {None: await current(self._source)}


async def was_used(source: Source) -> bool:
    """Whether the registry holds a model, or ever held something: its revision then moved."""
    ((was_used,),) = await reader.rows(source, Query("was used", _select_was_used, {}))
    return bool(was_used)


def _select_was_used() -> sa.Select[Any]:
    revision = sa.select(col(RegistryState.revision)).scalar_subquery()
    return sa.select(sa.or_(sa.exists(sa.select(Model)), revision > 0).label("was_used"))


async def revision(source: Source) -> int:
    """The sequence number of the last committed change."""
    return (await current(source)).revision
