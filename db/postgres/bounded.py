"""Connections on which a cancelled statement ends soon, whatever the database does."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import psycopg
from psycopg import sql, waiting
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus

from db.postgres.observing import ObservedCursor, StatementObserver, is_observed, observed

_INTERVAL_S = 0.1  # at which psycopg looks for signals; its own default
_CANCEL_S = 0.5  # for PostgreSQL to accept a cancel request, and again to end the statement


class BoundedConnection(psycopg.AsyncConnection[Any]):
    """A connection that is closed when PostgreSQL does not end a cancelled statement in a second.

    psycopg itself waits for up to ten seconds. Until then, a database that is frozen or lost would
    keep the caller, and the connection's place in its pool.
    """

    observers: Sequence[StatementObserver] = ()
    transaction_settings: sql.SQL | None = None  # each transaction begins with it: poolers.py

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.cursor_factory = ObservedCursor

    def commit(self) -> Coroutine[Any, Any, None]:
        """End the transaction; it is reported as a statement."""
        return self._observed("COMMIT", super().commit())

    def rollback(self) -> Coroutine[Any, Any, None]:
        """Undo the transaction; it is reported as a statement."""
        return self._observed("ROLLBACK", super().rollback())

    async def wait(
        self,
        gen: PQGen[RV],
        interval: float = _INTERVAL_S,
        timeout: float | None = None,  # noqa: ASYNC109  it is psycopg's parameter
    ) -> RV:
        """The result of one of psycopg's operations on this connection."""
        try:
            return await waiting.wait_async(
                gen, self.pgconn.socket, interval=interval, timeout=timeout
            )
        except asyncio.CancelledError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                await self._cancel_statement(gen)
            raise

    def _observed(self, text: str, running: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None]:
        if is_observed(self.observers):
            return observed(self.observers, text, running)
        return running

    async def _cancel_statement(self, gen: PQGen[Any]) -> None:
        try:
            await self.cancel_safe(timeout=_CANCEL_S)
            await waiting.wait_async(
                gen, self.pgconn.socket, interval=_INTERVAL_S, timeout=_CANCEL_S
            )
        except psycopg.errors.QueryCanceled:
            pass  # PostgreSQL has ended it
        except BaseException as error:
            self.pgconn.finish()  # whether the statement has ended is unknown
            if not isinstance(error, Exception):
                raise
