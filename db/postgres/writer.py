"""Writes: transactions and single statements, on one pool of connections."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from sqlalchemy import NullPool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.bounded import BoundedConnection
from db.postgres.errors import driver_error, is_disk_full, raise_if_unknown
from db.postgres.pool import Connect, Connection, ConnectionPool
from db.postgres.reader import StatementListener, fetch_alone
from db.postgres.statements import Query
from domain.actors import Actor

# read by the triggers of migration 0002
_SET_CALLER = (
    "SELECT set_config('registry.actor', %(actor)s, true),"
    " set_config('registry.request_id', %(request_id)s, true),"
    " set_config('registry.action', %(action)s, true)"
)


# Commits wait for each other at the counter of the audit log, and each costs more when more of them
# wait: python -m bench.writes
_SINGLE_STATEMENTS_MAX = 4


class WriterConnection(BoundedConnection):
    """A connection, and the SQLAlchemy connection that runs transactions on it."""

    sqlalchemy: AsyncConnection


class Writer:
    """Runs transactions and single statements on a pool of its own.

    The pool opens and closes the connections. On each lies a connection of SQLAlchemy, which
    SQLAlchemy neither pools nor closes; see docs/decisions/0020-one-writer.md.
    """

    def __init__(
        self,
        connect: Connect,
        pool: Callable[[Connect], ConnectionPool],
        listeners: Sequence[StatementListener],
    ) -> None:
        self._engine = create_async_engine(
            "postgresql+psycopg://",
            async_creator=connect,
            poolclass=NullPool,
            hide_parameters=True,  # of statements, in the text of exceptions, which are logged
        )
        self._listeners = listeners
        self._single_statements = asyncio.Semaphore(_SINGLE_STATEMENTS_MAX)
        self.pool = pool(self._connect)
        self.disk_full_at: float | None = None  # when a write last found no space, by monotonic()

    async def rows(self, query: Query) -> list[Any]:
        """The rows of a single statement, which is a transaction of its own in one round trip.

        Raises CommitLost when the connection is lost, and CommitCancelled when it is cancelled.
        """
        async with self._single_statements, self.pool.connection() as connection:
            try:
                return await fetch_alone(connection, query, self._listeners)
            except BaseException as error:
                self._note(error)
                raise_if_unknown(error)
                raise

    @asynccontextmanager
    async def transaction(
        self, actor: Actor, *, request_id: str = "", action: str = ""
    ) -> AsyncIterator[AsyncSession]:
        """A session for one transaction: committed at the end of the block, rolled back on errors.

        The audit log records the actor and the request; `action`, as `KIND:ACTION`, is recorded
        where the changed rows alone do not show it, such as the rollback of an alias. Raises
        CommitLost or CommitCancelled when it is unknown whether the commit took place.
        """
        is_committing = False
        caller = {"actor": actor, "request_id": request_id, "action": action}
        async with self.pool.connection() as connection:
            assert isinstance(connection, WriterConnection)  # from _connect
            orm = connection.sqlalchemy
            try:
                opened = AsyncSession(orm, expire_on_commit=False, info={"connection": connection})
                async with opened as session, session.begin():
                    await session.connection()  # else a commit without statements would do nothing
                    await connection.execute("BEGIN")
                    if connection.transaction_settings is not None:
                        await connection.execute(connection.transaction_settings)
                    await connection.execute(_SET_CALLER, caller)
                    try:
                        yield session
                    except BaseException:
                        session.expunge_all()  # Refused may have rows: a rollback would expire them
                        raise
                    is_committing = True
            except BaseException as error:
                self._note(error)
                if is_committing:
                    raise_if_unknown(error)
                raise
            finally:
                if orm.invalidated:
                    await connection.close()  # `orm` cannot be used again

    def _note(self, error: BaseException) -> None:
        if is_disk_full(error):
            self.disk_full_at = monotonic()

    async def _connect(self) -> Connection:
        try:
            orm = await self._engine.connect()
        except DBAPIError as error:
            # not from `error`, which was raised from it: a cycle of causes has no end
            raise driver_error(error) from None
        adapted = await orm.get_raw_connection()
        connection = adapted.driver_connection
        adapted.detach()  # now SQLAlchemy will not close it, even when `orm` is garbage collected
        assert isinstance(connection, WriterConnection)
        connection.sqlalchemy = orm
        return connection
