"""Reads on a replica, which go on at the primary when something happens to the replica."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from db.postgres.pool import ConnectionPool, PoolBusy
from db.postgres.reader import Reader, StatementListener
from db.postgres.statements import Query

_TIMEOUT = "57014"  # canceling statement due to statement timeout
_UNDEFINED = ("42P01", "42703")  # a table, a column: the replica is at another migration
# Errors of the statement itself, which is wrong on every server: not supported, data, constraints,
# syntax, and a timeout.
_SAME_EVERYWHERE = ("0A", "22", "23", "42", _TIMEOUT)
_CONFLICTS = ("40",)  # with recovery: the replica itself is well


class ReplicaReader(Reader):
    """Reads on one replica, until it has failed once; from then on, on the primary for ever.

    A replica only goes forward while its connections live, and the primary is never behind it. So
    no statement of an operation that keeps to one ReplicaReader sees an older state than the one
    before. A replica that has lost a connection may have restarted, and be older than before: then
    operations that start later get another ReplicaReader.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        primary: Reader,
        listeners: Sequence[StatementListener],
        bytes_max: int,
        on_end: Callable[[str, bool], None],
    ) -> None:
        super().__init__(pool, listeners, bytes_max)
        pool.on_lost = lambda: self.end("a connection was closed")
        self._primary = primary
        self._on_end = on_end
        self._running: set[asyncio.Timeout] = set()
        self.is_ended = False

    def end(self, reason: str, *, is_down: bool = True) -> None:
        """Go on at the primary, also with the statements that run now; not `is_down`: the replica
        itself can be used again at once."""
        if self.is_ended:
            return
        self.is_ended = True
        now = asyncio.get_running_loop().time()
        for scope in self._running:
            scope.reschedule(now)
        self._on_end(reason, is_down)

    async def rows(self, query: Query) -> list[Any]:
        """The query's rows, of the replica or else of the primary; raises ResultTooLarge."""
        if not self.is_ended:
            try:
                async with asyncio.timeout(None) as scope:
                    self._running.add(scope)
                    try:
                        return await self.rows_once(query)
                    finally:
                        self._running.discard(scope)
            except (TimeoutError, psycopg.Error) as error:
                if not self._goes_on(error):
                    raise
        return await self._primary.rows(query)

    def _goes_on(self, error: TimeoutError | psycopg.Error) -> bool:
        """Whether the primary may give what the replica did not."""
        if isinstance(error, psycopg.Error) and not isinstance(error, PoolBusy):
            code = error.sqlstate or ""
            if code in _UNDEFINED or not code.startswith(_SAME_EVERYWHERE):
                text = str(error).strip().partition("\n")[0]
                self.end(f"{code} {text}".strip(), is_down=not code.startswith(_CONFLICTS))
        return self.is_ended
