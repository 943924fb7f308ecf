"""A pool of psycopg connections: fails at once when the database is away.

psycopg_pool would wait for its time-out then, and costs 60 us a use more.
"""

import asyncio
import json
import select
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import orjson
import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.json import set_json_loads

Connection: TypeAlias = psycopg.AsyncConnection[Any]
Connect: TypeAlias = Callable[[], Awaitable[Connection]]

# For those who cannot be told at the start; PgBouncer keeps it for its client.
TIME_ZONE = "SET TIME ZONE 'UTC'"

_PREPARED_MAX = 500  # statements a connection keeps prepared
_REFUSED_S = 1.0  # how long no connection is made in place of one that was refused


class PoolBusy(psycopg.OperationalError):
    """No connection came free in time."""


class ConnectionPool:
    """At most `size` connections, made when needed and kept."""

    def __init__(
        self, connect: Connect, size: int, wait_timeout_s: float, *, is_prepared: bool
    ) -> None:
        self._connect = connect
        self._wait_timeout_s = wait_timeout_s
        self._is_prepared = is_prepared
        self._free: list[Connection] = []
        self._held = 0  # places taken, by whoever has a connection or is about to
        self._places = asyncio.Semaphore(size)
        self._is_closed = False

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        """A connection for the length of the block; a broken one is not kept."""
        connection = await self._taken()
        try:
            yield connection
        finally:
            is_usable = connection.info.transaction_status == TransactionStatus.IDLE
            if is_usable and not self._is_closed:
                self._free.append(connection)
            else:
                await connection.close()
            self._leave_place()

    async def drop_free(self) -> None:
        """Close the connections nobody uses, as after the database has gone."""
        while await self.drop_one():
            pass

    async def drop_one(self) -> bool:
        """Close the connection that nobody has used for longest; whether there was any."""
        if not self._free:
            return False
        await self._free.pop(0).close()
        return True

    async def close(self) -> None:
        """Close all; those in use as soon as they are free."""
        self._is_closed = True
        await self.drop_free()

    async def _living(self) -> Connection | None:
        """A free connection that the server has not closed meanwhile, as when it was restarted."""
        while self._free:
            connection = self._free.pop()
            if not _has_been_closed(connection):
                return connection
            await connection.close()
        return None

    async def _taken(self) -> Connection:
        """A connection, which takes a place; where a new one is refused, the next that is free."""
        until = asyncio.get_running_loop().time() + self._wait_timeout_s
        while True:
            await self._take_place(until)
            try:
                return await self._living() or await self._made()
            except psycopg.OperationalError:
                if self._held == 1:  # nobody has one to wait for
                    self._leave_place()
                    raise
            except BaseException:
                self._leave_place()
                raise
            # The database has no more for us, as when its max_connections are all in use.
            asyncio.get_running_loop().call_later(_REFUSED_S, self._places.release)
            self._held -= 1

    async def _take_place(self, until: float) -> None:
        if self._places.locked():
            try:
                async with asyncio.timeout_at(until):
                    await self._places.acquire()
            except TimeoutError:
                raise PoolBusy("no database connection came free in time") from None
        else:
            await self._places.acquire()  # returns at once
        self._held += 1

    def _leave_place(self) -> None:
        self._held -= 1
        self._places.release()

    async def _made(self) -> Connection:
        connection = await self._connect()
        try:
            await connection.set_autocommit(True)
            # 0: a statement is prepared when it is first sent; None: never, as PgBouncer needs it
            connection.prepare_threshold = 0 if self._is_prepared else None
            connection.prepared_max = _PREPARED_MAX
            set_json_loads(_json, connection)
            if not self._is_prepared:
                await connection.execute(TIME_ZONE)
        except BaseException:
            await connection.close()
            raise
        return connection


def _has_been_closed(connection: Connection) -> bool:
    """Whether there is something to read on an idle connection: its end, in all likelihood."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _json(text: str | bytes) -> Any:
    """JSON as PostgreSQL holds it, with numbers such as 1e400, which orjson does not read."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
