"""A pool of connections is bounded, and never gives out a dead connection."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg.pq import PipelineStatus

from db.postgres.errors import is_unavailable
from db.postgres.pool import Connection, ConnectionPool, PoolBusy


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[ConnectionPool]:
    pool = _pool(database_url, 2)
    yield pool
    await pool.close()


def _pool(url: str, size: int, *, is_prepared: bool = True, **options: str) -> ConnectionPool:
    connect = partial(psycopg.AsyncConnection.connect, url, **options)
    return ConnectionPool(connect, size, 0.1, is_prepared=is_prepared)


async def _pid(connection: Connection) -> int:
    row = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
    return int(row[0])


async def test_a_connection_is_used_again(pool: ConnectionPool) -> None:
    pids = []
    for _ in range(3):
        async with pool.connection() as connection:
            pids.append(await _pid(connection))
    assert len(set(pids)) == 1


async def test_waiting_too_long_for_a_connection_raises_pool_busy(pool: ConnectionPool) -> None:
    async with pool.connection(), pool.connection():
        with pytest.raises(PoolBusy, match="in time") as raised:
            async with pool.connection():
                pass
    assert is_unavailable(raised.value)
    async with pool.connection() as connection:
        assert await _pid(connection)


async def test_a_waiting_task_gets_the_first_connection_that_becomes_free(
    pool: ConnectionPool,
) -> None:
    async def wait() -> int:
        async with pool.connection() as connection:
            return await _pid(connection)

    async with pool.connection() as first:
        async with pool.connection() as second:
            pids = {await _pid(first), await _pid(second)}
            waiting = asyncio.ensure_future(wait())
            await asyncio.sleep(0)
        assert await waiting in pids


async def test_errors_and_cancellations_release_their_slots(pool: ConnectionPool) -> None:
    async def execute(statement: str) -> None:
        async with pool.connection() as connection:
            await connection.execute(statement)

    for _ in range(3):
        task = asyncio.ensure_future(execute("SELECT pg_sleep(60)"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(psycopg.errors.UndefinedTable):
            await execute("SELECT * FROM nothing")
    async with pool.connection() as first, pool.connection() as second:
        assert await _pid(first) != await _pid(second)


async def test_a_connection_in_a_transaction_is_not_kept(pool: ConnectionPool) -> None:
    async with pool.connection() as connection:
        first = await _pid(connection)
        await connection.execute("BEGIN")
    async with pool.connection() as connection:
        assert await _pid(connection) != first


async def test_a_refused_connection_releases_its_slot(database_url: str) -> None:
    pool = _pool(database_url, 1, user="nobody")
    for _ in range(3):
        with pytest.raises(psycopg.OperationalError) as raised:
            async with pool.connection():
                pass
        assert not isinstance(raised.value, PoolBusy)


async def test_closing_the_pool_closes_every_connection(
    pool: ConnectionPool, database_url: str, postgres_url: str
) -> None:
    async with pool.connection() as used:
        async with pool.connection():
            pass
        await pool.close()
        assert await _pid(used)  # it can still be used
    assert used.closed
    name = database_url.partition("?")[0].rpartition("/")[2]
    assert await _clients(postgres_url, name) == 0


async def _clients(postgres_url: str, name: str) -> Any:
    counting = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    for _ in range(50):  # until the server has noticed
        async with await psycopg.AsyncConnection.connect(postgres_url) as connection:
            row: Any = await (await connection.execute(counting, [name])).fetchone()
        if row[0] == 0:
            break
        await asyncio.sleep(0.02)
    return row[0]


@pytest.mark.parametrize("is_prepared", [True, False])
async def test_statements_sent_often_are_prepared_or_never(
    database_url: str, is_prepared: bool
) -> None:
    pool = _pool(database_url, 1, is_prepared=is_prepared)
    async with pool.connection() as connection:
        for number in range(10):
            await connection.execute("SELECT %s::int", [number])
        row: Any = await (
            await connection.execute("SELECT count(*) FROM pg_prepared_statements", prepare=False)
        ).fetchone()
    assert row[0] == is_prepared
    await pool.close()


async def test_a_connection_that_is_left_in_a_pipeline_is_not_used_again(
    pool: ConnectionPool,
) -> None:
    """As after an answer that ends no pipeline, such as PgBouncer's when the database is away."""
    async with pool.connection() as connection:
        pid = await _pid(connection)
        connection.pgconn.enter_pipeline_mode()
    async with pool.connection() as connection:
        assert connection.info.pipeline_status == PipelineStatus.OFF
        assert await _pid(connection) != pid
