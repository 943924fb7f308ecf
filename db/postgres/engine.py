"""One database: `reader` for reads, `write()` for a transaction, `writer` for single statements."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from psycopg.types.json import set_json_loads
from sqlalchemy import URL, make_url
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.bounded import BoundedConnection
from db.postgres.observing import StatementObserver
from db.postgres.pool import Connection, ConnectionPool
from db.postgres.reader import Reader, StatementListener, parse_json
from db.postgres.writer import Writer, WriterConnection
from domain.actors import Actor

_RETRY_PAUSES_S = (0.005, 0.05)  # until the database has noticed that a connection was closed
_LISTENING = 1  # connection of a process, while it has subscribers
_PROBING = 1  # connection of a process, while it checks whether it is ready
_CLIENT_CHECK_MS = 1_000
# Over TCP: when a server has disappeared without closing the connection, the kernel closes it.
_DEAD_PEER = {
    "keepalives_idle": 10,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,
}
_SELECT_CAPACITY = """SELECT current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0)"""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How many connections to hold and how long to wait, in seconds and milliseconds."""

    read_connections_max: int = 6
    write_connections_max: int = 12
    slow_connections_max: int = 2  # of those for reads
    connection_wait_s: float = 5
    statement_timeout_ms: int = 4_500
    connect_timeout_s: int = 5
    result_bytes_max: int = 2_097_152  # of the long values of a result with many rows
    is_prepared: bool = True  # False behind PgBouncer in transaction mode

    @property
    def connections_max(self) -> int:
        """The most connections that a process may have."""
        return self.read_connections_max + self.write_connections_max + _LISTENING + _PROBING


class Database:
    """Connections to one PostgreSQL."""

    def __init__(self, url: str, limits: PoolLimits | None = None) -> None:
        limits = limits or PoolLimits()
        self._connect_arguments = _connect_arguments(url, limits)
        self.statement_listeners: list[StatementListener] = []
        self.statement_observers: list[StatementObserver] = []  # see db/postgres/observing.py
        pool = partial(
            ConnectionPool,
            wait_timeout_s=limits.connection_wait_s,
            is_prepared=limits.is_prepared,
        )
        self.reader = Reader(
            pool(
                self._connect_reader,
                limits.read_connections_max,
                slow_size=limits.slow_connections_max,
            ),
            self.statement_listeners,
            limits.result_bytes_max,
        )
        # Its pool is closed after each use: the settings of a session are those at its start.
        self.probe = Reader(pool(self._connect_reader, _PROBING), (), limits.result_bytes_max)
        self.writer = Writer(
            sqlalchemy_url(url),
            partial(self._connect, WriterConnection),
            partial(pool, size=limits.write_connections_max),
            self.statement_listeners,
        )

    def write(
        self, actor: Actor, *, request_id: str = "", action: str = ""
    ) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction; see Writer.transaction."""
        return self.writer.transaction(actor, request_id=request_id, action=action)

    async def close(self) -> None:
        """Close every connection."""
        await self.probe.pool.close()
        await self.reader.pool.close()
        await self.writer.pool.close()

    async def _connect_reader(self) -> Connection:
        connection = await self._connect(BoundedConnection)
        set_json_loads(parse_json, connection)
        return connection

    async def _connect(self, connection_class: type[BoundedConnection]) -> Connection:
        """A new connection, whose statements are observed."""
        connection = await self._connected(connection_class)
        connection.observers = self.statement_observers
        return connection

    async def _connected(self, connection_class: type[BoundedConnection]) -> BoundedConnection:
        """A new connection; where it is refused, an idle one is closed to make room for it."""
        connect = partial(connection_class.connect, **self._connect_arguments)
        for pause_s in _RETRY_PAUSES_S:
            try:
                return await connect()
            except psycopg.OperationalError:
                if not await self._close_idle_connection():
                    raise
            await asyncio.sleep(pause_s)
        return await connect()

    async def _close_idle_connection(self) -> bool:
        writer, reader = self.writer.pool, self.reader.pool
        return await writer.close_oldest_idle() or await reader.close_oldest_idle()


def connection_capacity(url: str) -> int:
    """How many connections the database accepts at once from roles without privileges."""
    with psycopg.connect(psycopg_url(url)) as connection:
        ((capacity,),) = connection.execute(_SELECT_CAPACITY).fetchall()
    return int(capacity)


def sqlalchemy_url(url: str) -> URL:
    """The URL with the psycopg driver named, as `postgresql://` and `postgres://` URLs lack it."""
    return make_url(url.replace("postgres://", "postgresql://", 1)).set(
        drivername="postgresql+psycopg"
    )


def psycopg_url(url: str) -> str:
    """The URL as libpq reads it, without a driver."""
    return sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _connect_arguments(url: str, limits: PoolLimits) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "conninfo": psycopg_url(url),
        "connect_timeout": limits.connect_timeout_s,
        **_DEAD_PEER,
    }
    if limits.is_prepared:  # PgBouncer refuses options: docs/performance.md
        timeout = f"-c statement_timeout={limits.statement_timeout_ms}"
        # PostgreSQL ends a statement whose client has gone, also while it waits for a lock
        gone = f"-c client_connection_check_interval={_CLIENT_CHECK_MS}"
        arguments["options"] = f"{timeout} {gone} -c timezone=UTC"
    return arguments
