"""The data version, in SQL: it changes whenever the response of a query may change."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.batching import Batcher, BatchSlot
from db.postgres.reader import Reader, Source
from db.postgres.statements import Query
from db.tables import BindingHealth, Circuit, Model, RegistryState, ScheduledPrice
from domain.tallies import SIZES, Tally


class DataVersion(NamedTuple):
    """While it stays the same, so does the response of every query that reads no outcomes.

    While there were never outcomes, all others are the same as well.

    The revision changes with every write but reports of outcomes, on which observed fields depend
    (server/execution/observed.py). The times at which the next price takes effect and the
    next circuit changes, and the date, which decides about sunsets, change with the database's
    clock. The tokens' revision changes with every change of a token (server/access). Reading it
    needs none of the tables of the catalog, which others may have locked.
    """

    revision: int
    next_price_at: datetime | None
    next_circuit_at: datetime | None
    today: date
    has_outcomes: bool
    tokens_revision: int


def _select_current() -> sa.Select[Any]:
    next_price_at = (
        sa.select(sa.func.min(col(ScheduledPrice.effective_from)))
        .where(col(ScheduledPrice.effective_from) > sa.func.now())
        .scalar_subquery()
    )
    columns: list[Any] = [
        RegistryState.revision,
        next_price_at.label("next_price_at"),
        _next_circuit_at().label("next_circuit_at"),
        sa.func.current_date().label("today"),
        sa.exists(sa.select(BindingHealth)).label("has_outcomes"),
        RegistryState.tokens_revision,
    ]
    return sa.select(*columns)


def _next_circuit_at() -> Any:
    """When the next OPEN circuit is HALF_OPEN, trial is free or operator's state ends."""
    times = (col(Circuit.open_until), col(Circuit.trial_until), col(Circuit.held_until))
    return sa.func.least(
        *(
            sa.select(sa.func.min(time)).where(time > sa.func.now()).scalar_subquery()
            for time in times
        )
    )


_CURRENT = Query("data version", _select_current, {})


async def current(source: Source) -> DataVersion:
    """The current data version."""
    row = (await reader.rows(source, _CURRENT))[0]
    return DataVersion(*row)


class DataVersionReader:
    """Reads the data version for concurrent requests in one statement, sent after all of them."""

    def __init__(self, source: Source) -> None:
        self.revision = 0  # the newest that was read
        # the statement takes a quarter of a millisecond: a concurrent one would only add cost
        self._batcher: Batcher[None, DataVersion] = Batcher(self._read, in_flight_max=1)
        self.batch_sizes = self._batcher.sizes = Tally(SIZES)
        self._source = source

    def current(self) -> BatchSlot[None, DataVersion]:
        """The data version, read after this call."""
        return self._batcher.join(None)

    async def _read(self, _: Sequence[None]) -> dict[None, DataVersion]:
        version = await current(self._source)
        self.revision = max(self.revision, version.revision)
        return {None: version}


class ReadSource(NamedTuple):
    """What a query reads from: the primary or a replica, chosen once for all of its statements."""

    reader: Reader
    data_versions: DataVersionReader

    @classmethod
    def of(cls, reader: Reader) -> "ReadSource":
        """A reader, and the data version that goes with what it reads."""
        return cls(reader, DataVersionReader(reader))


async def was_used(source: Source) -> bool:
    """Whether the registry has models, or had anything once, which its revision shows."""

    def build() -> sa.Select[Any]:
        revision = sa.select(col(RegistryState.revision)).scalar_subquery()
        return sa.select(sa.or_(sa.exists(sa.select(Model)), revision > 0).label("is_used"))

    ((is_used,),) = await reader.rows(source, Query("was used", build, {}))
    return bool(is_used)


async def revision(source: Source) -> int:
    """The sequence number of the last committed change."""
    return (await current(source)).revision
