"""One database: `reader` for reads, `write()` for a transaction, `writer` for single statements."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import psycopg
from psycopg.types.json import set_json_loads
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres import poolers, urls
from db.postgres.bounded import BoundedConnection
from db.postgres.observing import StatementObserver
from db.postgres.pool import Connection, ConnectionPool
from db.postgres.poolers import Pooler
from db.postgres.reader import Reader, StatementListener, parse_json
from db.postgres.replica_reader import ReplicaReader
from db.postgres.writer import Writer, WriterConnection
from domain.actors import Actor

_RETRY_PAUSES_S = (0.005, 0.05)  # until the database has noticed that a connection was closed
_LISTENING = 1  # connection of a process, while it has subscribers
_PROBING = 1  # connection of a process, while it checks whether it is ready
_COMPARING = 1  # connection of a process with replicas, which asks how far the primary is
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

Check: TypeAlias = Callable[[Connection], Awaitable[None]]


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
    has_replicas: bool = False
    pooler: Pooler = Pooler.NONE
    is_prepared: bool = True  # False behind a pooler that does not keep prepared statements

    @property
    def connections_max(self) -> int:
        """The most connections that a process may have to the primary."""
        return self.read_connections_max + self.write_connections_max + _LISTENING + self.watching

    @property
    def watching(self) -> int:
        """Connections that look at the database itself, for readiness and for the replicas."""
        return _PROBING + _COMPARING if self.has_replicas else _PROBING

    @property
    def session(self) -> dict[str, str]:
        """What PostgreSQL must hold for every statement."""
        return {
            "statement_timeout": str(self.statement_timeout_ms),
            # it ends a statement whose client has gone, also while that waits for a lock
            "client_connection_check_interval": str(_CLIENT_CHECK_MS),
            "timezone": "UTC",
        }


class Database:
    """Connections to one PostgreSQL."""

    def __init__(self, url: str, limits: PoolLimits | None = None) -> None:
        limits = limits or PoolLimits()
        self._pooler, self._session = limits.pooler, limits.session
        self._connect_arguments = _connect_arguments(url, limits)
        self.statement_listeners: list[StatementListener] = []
        self.statement_observers: list[StatementObserver] = []  # see db/postgres/observing.py
        self._limits = limits
        pool = partial(
            ConnectionPool,
            wait_timeout_s=limits.connection_wait_s,
            is_prepared=limits.is_prepared,
            on_read_only=self._renew,
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
            partial(self._connect, WriterConnection),
            partial(pool, size=limits.write_connections_max),
            self.statement_listeners,
        )

    def write(
        self, actor: Actor, *, request_id: str = "", action: str = ""
    ) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction; see Writer.transaction."""
        return self.writer.transaction(actor, request_id=request_id, action=action)

    def read_pool(self, size: int, check: Check) -> ConnectionPool:
        """One more pool for reads; `check` gets each new connection first, and may raise."""

        async def connect() -> Connection:
            connection = await self._connect_reader()
            try:
                await connection.set_autocommit(True)
                await check(connection)
            except BaseException:
                await connection.close()
                raise
            return connection

        limits = self._limits
        return ConnectionPool(
            connect,
            size,
            limits.connection_wait_s,
            is_prepared=limits.is_prepared,
            slow_size=limits.slow_connections_max,
        )

    def on_replica(
        self, replica: "Database", check: Check, on_end: Callable[[str, bool], None]
    ) -> ReplicaReader:
        """A reader of a replica of this database, with as many connections as reads have here."""
        pool = replica.read_pool(self._limits.read_connections_max, check)
        bytes_max = self._limits.result_bytes_max
        return ReplicaReader(pool, self.reader, self.statement_listeners, bytes_max, on_end)

    async def connect(self) -> Connection:
        """A connection outside of the pools; the caller closes it."""
        return await self._connect(BoundedConnection)

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
                return await self._begun(await connect())
            except psycopg.OperationalError:
                if not await self._close_idle_connection():
                    raise
            await asyncio.sleep(pause_s)
        return await self._begun(await connect())

    async def _begun(self, connection: BoundedConnection) -> BoundedConnection:
        """A new connection on which the settings of the session hold."""
        if self._pooler is Pooler.NONE:
            return connection
        try:
            await connection.set_autocommit(True)
            if await poolers.begin(connection, self._pooler, self._session):
                connection.transaction_settings = poolers.transaction_settings(self._session)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _renew(self) -> None:
        """After a failover reads must move to the new primary, too: they would miss its writes."""
        await self.writer.pool.renew()
        await self.reader.pool.renew()

    async def _close_idle_connection(self) -> bool:
        writer, reader = self.writer.pool, self.reader.pool
        return await writer.close_oldest_idle() or await reader.close_oldest_idle()


def connection_capacity(url: str) -> int:
    """How many connections the database accepts at once from roles without privileges."""
    with psycopg.connect(url) as connection:
        ((capacity,),) = connection.execute(_SELECT_CAPACITY).fetchall()
    return int(capacity)


def _connect_arguments(url: str, limits: PoolLimits) -> dict[str, Any]:
    # of several hosts one may be lost: the next one must have its turn while requests wait
    connect_timeout_s = limits.connect_timeout_s // min(urls.host_count(url), 2)
    arguments = {"conninfo": url, "connect_timeout": connect_timeout_s, **_DEAD_PEER}
    options = poolers.startup_options(limits.pooler, limits.session)
    return arguments if options is None else {**arguments, "options": options}
