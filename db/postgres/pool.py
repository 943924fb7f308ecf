"""A pool of psycopg connections that fails at once when the database cannot be reached.

psycopg_pool would wait for its timeout then, and costs 60 us more per use.
"""

import asyncio
import select
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any, TypeAlias

import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus

from db.postgres.errors import is_read_only
from domain.tallies import Tally

Connection: TypeAlias = psycopg.AsyncConnection[Any]
Connect: TypeAlias = Callable[[], Awaitable[Connection]]

_PREPARED_MAX = 500  # statements that a connection keeps prepared
# Members of enums, looked up once for all connections: each lookup takes 0.15 us.
_IDLE, _OFF = TransactionStatus.IDLE, PipelineStatus.OFF
_RETRY_S = 1.0  # after a refused connection, before its slot may be used for a new one


class PoolBusy(psycopg.OperationalError):
    """No connection became free in time."""


class ConnectionPool:
    """At most `size` connections, opened when needed and then kept."""

    def __init__(
        self,
        connect: Connect,
        size: int,
        wait_timeout_s: float,
        *,
        is_prepared: bool,
        slow_size: int = 1,
        on_read_only: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`on_read_only` is called when a server refuses a write, by default it renews the pool."""
        self._connect = connect
        self._on_read_only = on_read_only or self.renew
        self._generation = 0  # of the connections; those of earlier ones are not kept
        self._wait_timeout_s = wait_timeout_s
        self._is_prepared = is_prepared
        self.size = size
        self.waiting = 0  # tasks that wait for a slot
        self.waits = Tally()  # in seconds, of tasks that waited for a slot
        self.timeouts = 0  # tasks that got no connection in time
        self.opened = self.refused = 0  # new connections, and those that failed to open
        self._idle: list[Connection] = []
        self._used_slots = 0  # by tasks that have a connection or wait for one to open
        self._slots = asyncio.Semaphore(size)
        self._slow_slots = asyncio.Semaphore(max(1, min(slow_size, size - 1)))
        self._refused_slots = 0  # of connections that were refused: nobody may use them for a time
        self._refused_until: asyncio.TimerHandle | None = None
        self._is_closed = False
        self.on_lost: Callable[[], None] = lambda: None  # an idle connection was closed elsewhere

    @property
    def in_use(self) -> int:
        """Connections that tasks have, or wait for to open."""
        return self._used_slots

    @property
    def idle(self) -> int:
        """Open connections that nobody uses."""
        return len(self._idle)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for the length of the block; a broken one is not kept."""
        connection, generation = await self._acquire(), self._generation
        try:
            yield connection
        except Exception as error:
            if is_read_only(error):  # a new session may write again, or be on another server
                await connection.close()
                await self._on_read_only()
            raise
        finally:
            is_kept = not self._is_closed and generation == self._generation
            if is_kept and _is_usable(connection):
                self._idle.append(connection)
            else:
                await connection.close()
            self._release_slot()

    @asynccontextmanager
    async def slow_connection(self) -> AsyncIterator[Connection]:
        """A connection for a slow statement: at most `slow_size` at a time, so that others stay."""
        try:
            async with asyncio.timeout(self._wait_timeout_s):
                await self._slow_slots.acquire()
        except TimeoutError:
            self.timeouts += 1
            raise PoolBusy("no connection for slow statements became free in time") from None
        try:
            async with self.connection() as connection:
                yield connection
        finally:
            self._slow_slots.release()

    async def renew(self) -> None:
        """Let new connections take the place of all, those in use when they are given back."""
        self._generation += 1
        await self.close_idle()

    async def close_idle(self) -> None:
        """Close all idle connections, as after the database has gone away."""
        while await self.close_oldest_idle():
            pass

    async def close_oldest_idle(self) -> bool:
        """Close the connection that has been idle for longest; false if none is idle."""
        if not self._idle:
            return False
        await self._idle.pop(0).close()
        return True

    async def close(self) -> None:
        """Close every connection; those in use are closed when they are given back."""
        self._is_closed = True
        await self.close_idle()

    async def _acquire(self) -> Connection:
        """A connection, which uses a slot; where a new one is refused, the next to become idle."""
        deadline = asyncio.get_running_loop().time() + self._wait_timeout_s
        while True:
            await self._acquire_slot(deadline)
            try:
                return await self._reuse_idle() or await self._open()
            except psycopg.OperationalError:
                if self._used_slots == 1:  # no connection is in use, so none will become idle
                    self._release_slot()
                    raise
            except BaseException:
                self._release_slot()
                raise
            # The database refuses more connections, as when all its max_connections are in use.
            self._set_slot_aside()

    async def _acquire_slot(self, deadline: float) -> None:
        if self._slots.locked():
            await self._wait_for_slot(deadline)
        else:
            await self._slots.acquire()  # returns at once
        self._used_slots += 1

    async def _wait_for_slot(self, deadline: float) -> None:
        began_at = perf_counter()
        self.waiting += 1
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.acquire()
        except TimeoutError:
            self.timeouts += 1
            raise PoolBusy("no database connection became free in time") from None
        finally:
            self.waiting -= 1
            self.waits.add(perf_counter() - began_at)

    def _release_slot(self) -> None:
        self._used_slots -= 1
        self._slots.release()

    def _set_slot_aside(self) -> None:
        self._used_slots -= 1
        self._refused_slots += 1
        if self._refused_until is None:
            loop = asyncio.get_running_loop()
            self._refused_until = loop.call_later(_RETRY_S, self._give_slots_back)

    def _give_slots_back(self) -> None:
        """Wake those who wait for the slots of refused connections."""
        if self._refused_until is not None:
            self._refused_until.cancel()
            self._refused_until = None
        while self._refused_slots:
            self._refused_slots -= 1
            self._slots.release()

    async def _reuse_idle(self) -> Connection | None:
        """An idle connection that the server has not closed meanwhile, as on its restart."""
        while self._idle:
            connection = self._idle.pop()
            if not _was_closed_by_server(connection):
                return connection
            await connection.close()
            self.on_lost()
        return None

    async def _open(self) -> Connection:
        try:
            connection = await self._connect()
        except psycopg.OperationalError:
            self.refused += 1
            raise
        self.opened += 1
        try:
            await connection.set_autocommit(True)
            connection.prepared_max = _PREPARED_MAX
            if not self._is_prepared:
                connection.prepare_threshold = None  # never, for the pooler in between
        except BaseException:
            await connection.close()
            raise
        self._give_slots_back()  # the database accepts connections again
        return connection


def _is_usable(connection: Connection) -> bool:
    """Whether nothing is left of what it was used for: a transaction, or answers of a pipeline.

    A pipeline that was cancelled may stay open, with answers that its next user would take for own.
    """
    state = connection.pgconn  # its numbers are plain: connection.info makes enums of them
    return state.transaction_status == _IDLE and state.pipeline_status == _OFF


def _was_closed_by_server(connection: Connection) -> bool:
    """Whether an idle connection has something to read: almost always the end of the connection."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
