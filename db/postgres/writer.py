"""Writes: transactions, and updates that are one statement, on one pool of connections."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy import URL, NullPool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.errors import driver_error
from db.postgres.pool import Connect, Connection, ConnectionPool
from db.postgres.reader import StatementListener, fetch
from db.postgres.statements import Query

# read by the triggers of migration 0002
_SET_CALLER = (
    "SELECT set_config('registry.actor', %(actor)s, true),"
    " set_config('registry.request_id', %(request_id)s, true),"
    " set_config('registry.action', %(action)s, true)"
)


class WriterConnection(psycopg.AsyncConnection[Any]):
    """A connection, and the SQLAlchemy connection that runs transactions on it."""

    sqlalchemy: AsyncConnection


class Writer:
    """Runs transactions, and updates that are one statement, on a pool of its own.

    The pool owns the connections. SQLAlchemy has a connection object on top of each, which it
    neither pools nor closes.
    """

    def __init__(
        self,
        url: URL,
        connect: Connect,
        pool: Callable[[Connect], ConnectionPool],
        listeners: Sequence[StatementListener],
    ) -> None:
        self._engine = create_async_engine(url, async_creator=connect, poolclass=NullPool)
        self._listeners = listeners
        self.pool = pool(self._connect)

    async def rows(self, query: Query) -> list[Any]:
        """The rows of one statement, which is a transaction of its own in one round trip."""
        async with self.pool.connection() as connection:
            return await fetch(connection, query, self._listeners)

    @asynccontextmanager
    async def transaction(
        self, actor: str, *, request_id: str = "", action: str = ""
    ) -> AsyncIterator[AsyncSession]:
        """A session that is one transaction: committed at the end of the block, or not at all.

        The audit log names the actor and the request; `action`, as `KIND:ACTION`, says what the
        changed rows alone do not show, such as a rollback of an alias.
        """
        caller = {"actor": actor, "request_id": request_id, "action": action}
        async with self.pool.connection() as connection:
            assert isinstance(connection, WriterConnection)  # from _connect
            orm = connection.sqlalchemy
            try:
                async with (
                    AsyncSession(
                        orm, expire_on_commit=False, info={"connection": connection}
                    ) as session,
                    session.begin(),
                ):
                    await session.connection()
                    await connection.execute("BEGIN")
                    await connection.execute(_SET_CALLER, caller)
                    try:
                        yield session
                    except BaseException:
                        session.expunge_all()  # a refusal has rows, which the rollback would empty
                        raise
            finally:
                if orm.invalidated:
                    await connection.close()  # SQLAlchemy has given it up; the pool drops it

    async def _connect(self) -> Connection:
        try:
            orm = await self._engine.connect()
        except DBAPIError as error:
            raise driver_error(error) from error
        adapted = await orm.get_raw_connection()
        connection = adapted.driver_connection
        adapted.detach()  # SQLAlchemy closes it no more, even when `orm` is garbage collected
        assert isinstance(connection, WriterConnection)
        connection.sqlalchemy = orm
        return connection
