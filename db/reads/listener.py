"""Follows the audit log: one LISTEN connection delivers every event, in commit order.

A notification only says that there is something to read. Then all events after the last delivered
one are read, so a notification that is lost, repeated or late does no harm: events are also read at
each heartbeat, and on each new connection after a broken one.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeAlias

import psycopg

from db.postgres import urls
from db.postgres.reader import fetch
from db.reads import audit
from db.tables import AuditEvent

CHANNEL = "registry_changed"
APPLICATION_NAME = "registry events"  # of the connection in pg_stat_activity

_HEARTBEAT_S = 5.0
_POLL_S = 1.0  # the same where LISTEN does not work
_CONNECT_TIMEOUT_S = 5
_PAUSE_MIN_S, _PAUSE_MAX_S = 0.1, 5.0  # before the next connection; doubles each time
_BATCH = 500  # events in one statement

# Called with events, and with the sequence number up to which all events have been delivered.
Deliver: TypeAlias = Callable[[Sequence[AuditEvent], int], None]
_Connection: TypeAlias = psycopg.AsyncConnection[Any]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ListenerState:
    """What is known of the connection that listens; times are those of monotonic()."""

    is_on: bool = False  # somebody subscribes, so the process listens
    is_connected: bool = False
    heard_at: float = 0.0  # when it last read all events that there were
    sequence: int = 0  # up to which all events have been delivered
    failures: int = 0  # connections that were lost or refused


async def follow(
    url: str, deliver: Deliver, state: ListenerState | None = None, *, can_listen: bool = True
) -> None:
    """Deliver every event that is committed from now on, in commit order, each once; never ends.

    Where LISTEN does not work, as behind a pooler in transaction mode, it looks each second.
    `state`, if given, is kept up to date.

    The first call delivers no events, and the sequence number after which they begin. When the
    database was away, it continues after the last delivered event.
    """
    state = state or ListenerState()
    last: int | None = None
    pause_s = _PAUSE_MIN_S
    while True:
        try:
            async with _connected(url, can_listen) as connection:
                if last is None:
                    last = await _revision(connection)
                    deliver([], last)
                while True:
                    async for events in _batches(connection, last):
                        last = events[-1].sequence
                        deliver(events, last)
                    state.is_connected, state.heard_at, state.sequence = True, monotonic(), last
                    _check_primary(url, connection)
                    pause_s = _PAUSE_MIN_S
                    wait_s = _HEARTBEAT_S if can_listen else _POLL_S
                    async for _ in connection.notifies(timeout=wait_s, stop_after=1):
                        pass  # notifications that arrive together need one read
        except (psycopg.Error, OSError, TimeoutError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            state.failures += 1
            if state.is_connected or pause_s == _PAUSE_MIN_S:
                _log.warning("the event feed waits for the database: %s", reason)
        finally:
            state.is_connected = False
        await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311  not a secret
        pause_s = min(2 * pause_s, _PAUSE_MAX_S)


@asynccontextmanager
async def _connected(url: str, can_listen: bool) -> AsyncIterator[_Connection]:
    """A connection outside of the pools, which would wait for it to be given back."""
    connection = await psycopg.AsyncConnection.connect(
        url,
        autocommit=True,
        application_name=APPLICATION_NAME,
        connect_timeout=_CONNECT_TIMEOUT_S,
        prepare_threshold=5 if can_listen else None,
    )
    try:
        await connection.execute("SET TIME ZONE 'UTC'")
        if can_listen:
            await connection.execute(f"LISTEN {CHANNEL}")
        yield connection
    finally:
        await connection.close()


def _check_primary(url: str, connection: _Connection) -> None:
    """Raise OperationalError when a URL asks for a primary, and the server is none any more.

    PostgreSQL has said so with its last answer.
    """
    names = ("default_transaction_read_only", "in_hot_standby")
    if urls.needs_primary(url) and "on" in map(connection.info.parameter_status, names):
        raise psycopg.OperationalError("the server is no longer the primary")


async def _batches(connection: _Connection, last: int) -> AsyncIterator[list[AuditEvent]]:
    """All events after this sequence number, in order."""
    while True:
        # if the server has disappeared without closing the connection, it would wait for hours
        async with asyncio.timeout(_HEARTBEAT_S):
            events = await fetch(connection, audit.next_events(last, _BATCH))
        if events:
            yield events
            last = events[-1].sequence
        if len(events) < _BATCH:
            return
        await asyncio.sleep(0)  # so that subscribers can take these events


async def _revision(connection: _Connection) -> int:
    cursor = await connection.execute("SELECT revision FROM registry_state")
    row = await cursor.fetchone()
    assert row is not None  # the first migration inserts it
    return int(row[0])
