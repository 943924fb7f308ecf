"""The writer: transactions and single statements share one pool of connections."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlmodel import select

from db.postgres.engine import Database, PoolLimits
from db.postgres.pool import PoolBusy
from db.postgres.statements import Query
from db.tables import Provider
from db.writes import single_statement
from tests import factories

CALLER = single_statement.Caller("tests", "")
PID = Query("test pid", lambda: sa.select(sa.func.pg_backend_pid().label("pid")), {})
LARGE = 2**70 + 1


@pytest.fixture
async def narrow(database_url: str) -> AsyncIterator[Database]:
    """A database with a single connection for writes."""
    limits = PoolLimits(write_connections_max=1, connection_wait_s=0.1)
    database = Database(database_url, limits)
    yield database
    await database.close()


async def _pid(database: Database) -> int:
    return int((await database.writer.rows(PID))[0].pid)


async def _pid_of_transaction(database: Database) -> int:
    async with database.write("tests") as session:
        return int((await session.exec(sa.text("SELECT pg_backend_pid()"))).scalar_one())


async def test_transactions_and_single_statements_use_the_same_connections(
    narrow: Database,
) -> None:
    pids = {await _pid(narrow), await _pid_of_transaction(narrow), await _pid(narrow)}
    assert len(pids) == 1


async def test_both_ways_to_write_have_one_limit(narrow: Database) -> None:
    async with narrow.write("tests"):
        with pytest.raises(PoolBusy):
            await _pid(narrow)
    async with narrow.writer.pool.connection():
        with pytest.raises(PoolBusy):
            await _pid_of_transaction(narrow)


async def test_a_single_statement_after_a_rollback_is_committed_by_itself(
    narrow: Database, db: Database
) -> None:
    provider = await factories.provider(db, name="before")

    async def fail() -> None:
        async with narrow.write("tests") as session:
            await session.exec(sa.update(Provider).values(name="rolled back"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await single_statement.update(narrow, Provider, provider.id, None, {"kind": "OTHER"}, CALLER)
    async with db.write("tests") as session:
        found = (await session.exec(select(Provider))).one()
    assert (found.name, found.kind) == ("before", "OTHER")


async def test_a_connection_that_is_cut_in_a_transaction_is_replaced(
    narrow: Database, postgres_url: str
) -> None:
    async def cut(pid: int) -> None:
        async with narrow.write("tests") as session:
            with psycopg.connect(postgres_url, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s, 1000)", [pid])
            await session.exec(sa.text("SELECT 1"))

    pid = await _pid(narrow)
    with pytest.raises(sa.exc.OperationalError):
        await cut(pid)
    assert await _pid_of_transaction(narrow) != pid
    assert await _pid(narrow)


async def test_a_cancelled_transaction_leaves_a_connection_that_works(narrow: Database) -> None:
    async def sleep() -> None:
        async with narrow.write("tests") as session:
            await session.exec(sa.text("SELECT pg_sleep(60)"))

    for _ in range(3):
        sleeping = asyncio.ensure_future(sleep())
        await asyncio.sleep(0.1)
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
        assert await _pid_of_transaction(narrow) == await _pid(narrow)


async def test_a_transaction_reads_large_numbers_in_json_exactly(narrow: Database) -> None:
    """They go into archives; the reader's faster parser would round them."""
    async with narrow.write("tests") as session:
        statement: Any = sa.text("SELECT CAST(:text AS jsonb)")
        found = await session.exec(statement, params={"text": f"[{LARGE}]"})
        assert found.scalar_one() == [LARGE]


async def test_an_error_to_connect_is_not_its_own_cause() -> None:
    """Who follows causes to their end must find one: the log did not, and stood still."""
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(psycopg.OperationalError) as caught:
        async with database.write("tests"):
            pass
    seen: list[BaseException] = []
    cause: BaseException | None = caught.value
    while cause is not None:
        assert cause not in seen
        seen.append(cause)
        cause = cause.__cause__
    await database.close()
