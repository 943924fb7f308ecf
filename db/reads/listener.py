"""The audit log as it grows: one LISTEN connection hands on every event, in commit order.

A notification only says that there is more to read. What is read are the events after the last
one handed on, so a notification that is lost, doubled or late changes nothing: a heartbeat reads
too, and so does each new connection after one that broke.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import psycopg

from db.postgres.engine import sqlalchemy_url
from db.postgres.statements import Query, compiled
from db.reads import audit
from db.tables import AuditEvent

CHANNEL = "registry_changed"
APPLICATION_NAME = "registry events"  # by which pg_stat_activity shows the connection

_HEARTBEAT_S = 5.0
_CONNECT_TIMEOUT_S = 5
_PAUSE_MIN_S, _PAUSE_MAX_S = 0.1, 5.0  # before another connection; doubles
_BATCH = 500  # events read at once

# Told of events, and of the number up to which every event has now been told.
Deliver: TypeAlias = Callable[[Sequence[AuditEvent], int], None]
_Connection: TypeAlias = psycopg.AsyncConnection[Any]

_log = logging.getLogger(__name__)


async def follow(url: str, deliver: Deliver) -> None:
    """Deliver every event that is committed from now on, in commit order, each once; never ends.

    First it delivers none, with the number to begin after. Should the database go away, it goes on
    from the same place when that is back.
    """
    place: int | None = None
    pause_s = _PAUSE_MIN_S
    while True:
        try:
            async with _listening(url) as connection:
                if place is None:
                    place = await _revision(connection)
                    deliver([], place)
                while True:
                    async for events in _batches(connection, place):
                        place = events[-1].sequence
                        deliver(events, place)
                    pause_s = _PAUSE_MIN_S
                    async for _ in connection.notifies(timeout=_HEARTBEAT_S, stop_after=1):
                        pass  # several that came together are one reason to read
        except (psycopg.Error, OSError, TimeoutError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            _log.warning("live events wait for the database: %s", reason)
        await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311  not a secret
        pause_s = min(2 * pause_s, _PAUSE_MAX_S)


@asynccontextmanager
async def _listening(url: str) -> AsyncIterator[_Connection]:
    """A connection of its own, not the pool's: it is never given back."""
    conninfo = sqlalchemy_url(url).set(drivername="postgresql")
    connection = await psycopg.AsyncConnection.connect(
        conninfo.render_as_string(hide_password=False),
        autocommit=True,
        application_name=APPLICATION_NAME,
        connect_timeout=_CONNECT_TIMEOUT_S,
        options="-c timezone=UTC",
    )
    try:
        await connection.execute(f"LISTEN {CHANNEL}")
        yield connection
    finally:
        await connection.close()


async def _batches(connection: _Connection, place: int) -> AsyncIterator[list[AuditEvent]]:
    """The events after a place, in order, as far as there are."""
    while True:
        # a peer that vanished without a word would leave this waiting for hours
        async with asyncio.timeout(_HEARTBEAT_S):
            events = await _rows(connection, audit.next_events(place, _BATCH))
        if events:
            yield events
            place = events[-1].sequence
        if len(events) < _BATCH:
            return
        await asyncio.sleep(0)  # lets subscribers take what they got


async def _revision(connection: _Connection) -> int:
    cursor = await connection.execute("SELECT revision FROM registry_state")
    row = await cursor.fetchone()
    assert row is not None  # the first migration puts it there
    return int(row[0])


async def _rows(connection: _Connection, query: Query) -> list[Any]:
    statement = compiled(query)
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(statement.sql, {**statement.constants, **query.values})
        return list(map(statement.make, await cursor.fetchall()))
