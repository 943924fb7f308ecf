"""One database: `reader` for reads, `write()` for a transaction."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import URL, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.pool import TIME_ZONE, Connection, ConnectionPool
from db.postgres.reader import Reader

# read by the triggers of migration 0002
_SAY_WHO = text(
    "SELECT set_config('registry.actor', :actor, true),"
    " set_config('registry.request_id', :id, true), set_config('registry.action', :action, true)"
)
_WRITERS_KEPT = 5
_PAUSES_S = (0.005, 0.05)  # until the database has seen that a connection was given back
_RETRY_S = 0.02  # while others have the connections that there are
_LISTENING = 1  # connection of a process, while somebody subscribes
_ROOM = """SELECT current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0)"""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How many connections to hold and how long to wait, in seconds and milliseconds."""

    size: int = 6  # for reads
    overflow: int = 12  # for writes
    wait_timeout_s: float = 5
    statement_timeout_ms: int = 5_000
    connect_timeout_s: int = 5
    is_prepared: bool = True  # False behind PgBouncer in transaction mode

    @property
    def total(self) -> int:
        """The most connections that a process may have."""
        return self.size + self.single + self.transactions + _LISTENING

    @property
    def single(self) -> int:
        """A third of those for writes, for single statements: db/writes/single_statement.py."""
        return max(1, self.overflow // 3)

    @property
    def transactions(self) -> int:
        """For all other writes."""
        return max(1, self.overflow - self.single)


class Database:
    """Connections to one PostgreSQL."""

    def __init__(self, url: str, limits: PoolLimits | None = None) -> None:
        limits = limits or PoolLimits()
        self._wait_timeout_s = limits.wait_timeout_s
        self._conninfo: dict[str, Any] = {
            "conninfo": _psycopg_url(url),
            "connect_timeout": limits.connect_timeout_s,
        }
        if limits.is_prepared:  # PgBouncer refuses options: docs/performance.md
            timeout = f"-c statement_timeout={limits.statement_timeout_ms}"
            self._conninfo["options"] = f"{timeout} -c timezone=UTC"
        pool = partial(
            ConnectionPool,
            self._connected,
            wait_timeout_s=limits.wait_timeout_s,
            is_prepared=limits.is_prepared,
        )
        self.reader = Reader(pool(size=limits.size))
        self.single = pool(size=limits.single)
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            async_creator=partial(
                self._connected, prepare_threshold=5 if limits.is_prepared else None
            ),
            pool_size=min(_WRITERS_KEPT, limits.transactions),
            max_overflow=max(0, limits.transactions - _WRITERS_KEPT),
            pool_timeout=limits.wait_timeout_s,
            pool_pre_ping=True,  # a database that came back is used at once, not after one error
        )
        if not limits.is_prepared:
            event.listen(self.engine.sync_engine, "connect", _set_time_zone)

    @asynccontextmanager
    async def write(
        self, actor: str, *, request_id: str = "", action: str = ""
    ) -> AsyncIterator[AsyncSession]:
        """A session that is one transaction: committed at the end of the block, or not at all.

        The audit log names the actor and the request; `action`, as `KIND:ACTION`, says what the
        changed rows alone do not tell, such as a roll-back of an alias.
        """
        async with (
            AsyncSession(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            connection = await self._connection(session)
            await connection.execute(_SAY_WHO, {"actor": actor, "id": request_id, "action": action})
            try:
                yield session
            except BaseException:
                session.expunge_all()  # a refusal carries rows, which the rollback would empty
                raise

    async def _connected(self, **options: Any) -> Connection:
        """A new connection; where it is refused, one that nobody uses is given back for it."""
        connect = partial(psycopg.AsyncConnection.connect, **self._conninfo, **options)
        for pause_s in _PAUSES_S:
            try:
                return await connect()
            except psycopg.OperationalError:
                if not await self._give_back():
                    raise
            await asyncio.sleep(pause_s)
        return await connect()

    async def _give_back(self) -> bool:
        """Close a connection that nobody uses; whether there was one."""
        if await self.single.drop_one() or await self.reader.pool.drop_one():
            return True
        if self._transactions.checkedin() and not self._transactions.checkedout():
            await self.engine.dispose()
            return True
        return False

    async def _connection(self, session: AsyncSession) -> AsyncConnection:
        """The session's connection; where a new one is refused, the next that is free."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._wait_timeout_s
        while True:
            try:
                return await session.connection()
            except OperationalError:
                if not self._transactions.checkedout() or loop.time() > until:
                    raise
            await asyncio.sleep(_RETRY_S)

    @property
    def _transactions(self) -> Any:  # SQLAlchemy's base class of pools has no numbers
        return self.engine.pool

    async def close(self) -> None:
        """Close every connection."""
        await self.reader.pool.close()
        await self.single.close()
        await self.engine.dispose()


def room(url: str) -> int:
    """How many connections the database takes at once from roles without privileges."""
    with psycopg.connect(_psycopg_url(url)) as connection:
        ((found,),) = connection.execute(_ROOM).fetchall()
    return int(found)


def _set_time_zone(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TIME_ZONE)
    connection.commit()


def sqlalchemy_url(url: str) -> URL:
    """The URL with the psycopg driver named, as `postgresql://` and `postgres://` URLs lack it."""
    return make_url(url.replace("postgres://", "postgresql://", 1)).set(
        drivername="postgresql+psycopg"
    )


def _psycopg_url(url: str) -> str:
    return sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
