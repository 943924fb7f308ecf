"""Reads: prepared queries on a pool of connections, each in a transaction of its own."""

from collections.abc import Awaitable, Callable, Coroutine, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import orjson
import psycopg
from cachetools import LRUCache
from psycopg import sql
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres import large_results, observing
from db.postgres.arrays import uuid_array
from db.postgres.batching import Batcher
from db.postgres.pool import Connection, ConnectionPool
from db.postgres.statements import Compiled, Query, compiled
from domain import json_values
from domain.hashable import hashable
from domain.tallies import SIZES, Tally

# A larger load gains less than its batching costs: queries that run as a batch, for example, have
# shared their keys already. With 32 instead of 8 Q1 takes 5 to 10% more CPU.
_BATCHED_KEYS_MAX = 8
_BATCHERS_MAX = 1_000

ResultT = TypeVar("ResultT")

_ordinal = attrgetter("ordinal")

# Called with the text and the parameters of each statement sent, for tests and measurements.
StatementListener = Callable[[str, Mapping[str, Any]], None]


class Reader:
    """Runs queries on a pool, and batches concurrent loads of few keys.

    `bytes_max` bounds the long values of one result, where there may be many rows.
    """

    def __init__(
        self, pool: ConnectionPool, listeners: Sequence[StatementListener], bytes_max: int
    ) -> None:
        self.pool = pool
        self.batch_sizes = Tally(SIZES)  # of loads by keys
        self._bytes_max = bytes_max
        self._batchers: LRUCache[Hashable, Batcher[Any, list[Any]]] = LRUCache(_BATCHERS_MAX)
        self._shared: dict[Hashable, Batcher[None, Any]] = {}
        self._listeners = listeners

    async def rows(self, query: Query) -> list[Any]:
        """The query's rows; a query whose connection was lost runs once more on a new one.

        Raises ResultTooLarge.
        """
        try:
            return await self.rows_once(query)
        except psycopg.OperationalError as error:
            if not _has_lost_connection(error):
                raise
        await self.pool.close_idle()
        return await self.rows_once(query)

    async def rows_once(self, query: Query) -> list[Any]:
        """The query's rows; raises ResultTooLarge, and the driver's error for a lost connection."""
        is_large = large_results.may_be_large(compiled(query), query.values)
        connected = self.pool.slow_connection if query.is_slow or is_large else self.pool.connection
        bytes_max = self._bytes_max if is_large else None
        async with connected() as connection:
            return await fetch_alone(connection, query, self._listeners, bytes_max)

    async def shared(self, key: Hashable, run: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """The result of `run`. Of one key one call runs at a time; those that wait share the next.

        No call gets the result of a run that had started before it.
        """
        batcher = self._shared.get(key)
        if batcher is None:

            async def run_once(_: list[None]) -> dict[None, ResultT]:
                return {None: await run()}

            batcher = self._shared[key] = Batcher(
                run_once, on_idle=lambda: self._shared.pop(key, None), in_flight_max=1, wait_s=None
            )
        result: ResultT = (await batcher.load([None]))[None]
        return result

    async def rows_by_key(self, query: Query, keys: Sequence[Any]) -> Mapping[Any, list[Any]]:
        """The query's rows by their `parent`, for `keys` in its parameter of this name."""
        if len(keys) > _BATCHED_KEYS_MAX:
            return await _fetch_by_key(self, query, keys)
        batch_key = (query.shape, hashable(query.values))
        batcher = self._batchers.get(batch_key)
        if batcher is None:
            batcher = Batcher(partial(_fetch_by_key, self, query))
            batcher.sizes = self.batch_sizes
            self._batchers[batch_key] = batcher
        return await batcher.load(keys)


Source: TypeAlias = Reader | AsyncSession


async def rows(source: Source, query: Query) -> list[Any]:
    """The query's rows, read on the reader's pool or within a transaction."""
    if isinstance(source, Reader):
        return await source.rows(query)
    return await fetch(driver_connection(source), query)


def driver_connection(session: AsyncSession) -> Connection:
    """The psycopg connection of a transaction's session."""
    connection: Connection = session.info["connection"]  # Writer.transaction puts it there
    return connection


async def sql_rows(connection: Connection, sql: str, values: Any = None) -> list[Any]:
    """The rows of SQL that is no Query, such as a lock; in a transaction."""
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(sql.encode(), values)
        return await cursor.fetchall()


async def database_time(connection: Connection) -> datetime:
    """The time of the database's clock now, in UTC: all servers share it."""
    ((found,),) = await sql_rows(connection, "SELECT clock_timestamp()")
    time: datetime = found
    return time.astimezone(UTC)


async def rows_by_key(source: Source, query: Query, keys: Sequence[Any]) -> Mapping[Any, list[Any]]:
    """The query's rows by their `parent`; a key without rows is missing."""
    if isinstance(source, Reader):
        return await source.rows_by_key(query, keys)
    return await _fetch_by_key(source, query, keys)


async def shared(source: Source, key: Hashable, run: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """The result of `run`, shared by the equal calls that wait for it; see Reader.shared."""
    return await (source.shared(key, run) if isinstance(source, Reader) else run())


async def row_by_key(source: Source, query: Query, keys: Sequence[Any]) -> dict[Any, Any]:
    """The only row of each `parent`; a key without a row is missing."""
    rows_of = await rows_by_key(source, query, keys)
    return {key: of_key[0] for key, of_key in rows_of.items()}


async def _fetch_by_key(source: Source, query: Query, keys: Sequence[Any]) -> dict[Any, list[Any]]:
    if keys and isinstance(keys[0], str):
        keys = [key for key in keys if _is_storable(key)]
    array = uuid_array(keys) if keys and isinstance(keys[0], UUID) else list(keys)
    values = {**query.values, "keys": array}
    with_keys = Query(query.shape, query.build, values, query.table, is_slow=query.is_slow)
    found = await rows(source, with_keys)
    if query.has_ordinals:
        return {keys[n - 1]: list(of_key) for n, of_key in groupby(found, _ordinal)}
    rows_of: dict[Any, list[Any]] = {}
    for row in found:
        rows_of.setdefault(row.parent, []).append(row)
    return rows_of


def _is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold the text; other text is the key of no row.

    In a batch it would fail the loads of all other requests too.
    """
    return json_values.is_storable(text)


async def fetch(
    connection: Connection,
    query: Query,
    listeners: Sequence[StatementListener] = (),
    bytes_max: int | None = None,
) -> list[Any]:
    """The query's rows on one connection; with `bytes_max` read in parts, see large_results."""
    statement, values = _statement(query, listeners)
    if bytes_max is not None:
        return await large_results.fetch(connection, statement, values, bytes_max)
    # a plain cursor: an observed one needs one more coroutine
    cursor = psycopg.AsyncCursor(connection)
    with observing.Reported(connection, statement.sql) as reported:
        # prepared when it is first sent: psycopg would wait until it is sent for the sixth time
        is_prepared = not query.is_planned_by_values
        await cursor.execute(statement.sql, values, prepare=is_prepared, binary=True)
        rows = await cursor.fetchall()
        reported.rows = len(rows)
    return list(map(statement.row_class, rows))


def fetch_alone(
    connection: Connection,
    query: Query,
    listeners: Sequence[StatementListener] = (),
    bytes_max: int | None = None,
) -> Coroutine[Any, Any, list[Any]]:
    """The rows of a query that is a transaction of its own; see fetch.

    Where each transaction needs settings, they are sent with the query, in one round trip.
    """
    settings: sql.SQL | None = getattr(connection, "transaction_settings", None)
    if settings is None:
        return fetch(connection, query, listeners, bytes_max)
    return _fetch_with_settings(connection, settings, query, listeners, bytes_max)


async def _fetch_with_settings(
    connection: Connection,
    settings: sql.SQL,
    query: Query,
    listeners: Sequence[StatementListener],
    bytes_max: int | None,
) -> list[Any]:
    if bytes_max is not None:  # read in parts, which a pipeline cannot do
        async with connection.transaction():
            await connection.execute(settings)
            return await fetch(connection, query, listeners, bytes_max)
    statement, values = _statement(query, listeners)
    # plain cursors: in a pipeline, an observed one would report statements that are only queued
    cursor = psycopg.AsyncCursor(connection)
    with observing.Reported(connection, statement.sql) as reported:
        async with connection.pipeline():  # one transaction, as nothing in it ends one
            await psycopg.AsyncCursor(connection).execute(settings)
            await cursor.execute(
                statement.sql, values, prepare=not query.is_planned_by_values, binary=True
            )
        rows = await cursor.fetchall()
        reported.rows = len(rows)
    return list(map(statement.row_class, rows))


def _statement(
    query: Query, listeners: Sequence[StatementListener]
) -> tuple[Compiled, Mapping[str, Any]]:
    statement = compiled(query)
    values = {**statement.constants, **query.values}
    for listener in listeners:
        listener(statement.sql.decode(), values)
    return statement, values


def parse_json(text: str | bytes) -> Any:
    """JSON as PostgreSQL stores it; integers beyond 64 bits are floats.

    A value with a number beyond the range of floats is UNREADABLE, and its field an error.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json_values.sendable(json_values.loads(text))


def _has_lost_connection(error: psycopg.OperationalError) -> bool:
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))
