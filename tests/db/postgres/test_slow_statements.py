"""Slow statements have their share of the connections, and equal ones share their result."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from db.postgres.engine import Database, PoolLimits
from db.postgres.pool import PoolBusy
from db.postgres.reader import Reader
from db.postgres.statements import Query


def _sleep(seconds: float) -> Query:
    return Query(
        ("sleep", seconds),
        lambda: sa.select(sa.func.pg_sleep(seconds).label("slept")),
        {},
        is_slow=True,
    )


QUICK = Query("quick", lambda: sa.select(sa.literal(1).label("one")), {})


async def test_slow_statements_leave_connections_to_others(database_url: str) -> None:
    database = Database(database_url, PoolLimits(read_connections_max=3, slow_connections_max=2))
    slow = [asyncio.ensure_future(database.reader.rows(_sleep(60))) for _ in range(10)]
    try:
        async with asyncio.timeout(20):
            for _ in range(5):
                ((one,),) = await database.reader.rows(QUICK)
                assert one == 1
        assert not any(task.done() for task in slow)
    finally:
        for task in slow:
            task.cancel()
        await asyncio.wait(slow)
        await database.close()


async def test_a_slow_statement_waits_no_longer_than_others(database_url: str) -> None:
    limits = PoolLimits(read_connections_max=1, slow_connections_max=9, connection_wait_s=0.1)
    database = Database(database_url, limits)
    first = asyncio.ensure_future(database.reader.rows(_sleep(60)))
    try:
        await asyncio.sleep(0.05)
        with pytest.raises(PoolBusy):
            await database.reader.rows(_sleep(0))
    finally:
        first.cancel()
        await asyncio.wait([first])
        await database.close()


class Work:
    """Counts its runs, and ends each when the test says so."""

    def __init__(self) -> None:
        self.gates: list[asyncio.Future[Any]] = []

    async def __call__(self) -> int:
        gate = asyncio.get_running_loop().create_future()
        self.gates.append(gate)
        await gate
        return len(self.gates)


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_equal_calls_share_the_next_run_and_no_other(db: Database) -> None:
    reader, work = db.reader, Work()
    first = asyncio.ensure_future(reader.shared("key", work))
    await _settled()
    late = [asyncio.ensure_future(reader.shared("key", work)) for _ in range(5)]
    await asyncio.sleep(0.2)  # a batcher of loads would have started another batch by now
    assert len(work.gates) == 1
    work.gates[0].set_result(None)
    await _settled()
    assert (await first, len(work.gates)) == (1, 2)
    work.gates[1].set_result(None)
    assert [await each for each in late] == [2] * 5


async def test_nothing_is_kept_of_shared_runs(db: Database) -> None:
    reader: Reader = db.reader
    gone = asyncio.ensure_future(reader.shared("key", Work()))
    await _settled()
    gone.cancel()
    await asyncio.wait([gone])

    async def work() -> int:
        return 7

    assert await reader.shared("other", work) == 7
    await _settled()
    assert reader._shared == {}
