"""Work after a commit may be left undone by the database alone, and does not outlast a stop."""

import asyncio

import psycopg
import pytest
import sqlalchemy as sa

from db.postgres.engine import Database
from db.writes.transactions import tried
from tests.server.wire import waiting


async def _run(db: Database, statement: str) -> str:
    async with db.write("tests") as session:
        return str((await (await session.connection()).execute(sa.text(statement))).scalar_one())


async def test_an_error_of_the_database_is_a_line(db: Database) -> None:
    assert await tried(_run(db, "SELECT 'done'")) == ("done", "")
    assert await tried(_run(db, "SELECT 1 / 0")) == (None, "division by zero")


async def test_a_lost_connection_is_a_line(db: Database) -> None:
    done, why = await tried(_run(db, "SELECT pg_terminate_backend(pg_backend_pid())"))
    assert (done, "terminating connection" in why) == (None, True)


async def test_any_other_error_is_raised(db: Database) -> None:
    async def faulty() -> None:
        raise KeyError(await _run(db, "SELECT 1"))

    with pytest.raises(KeyError):
        await tried(faulty())


@pytest.mark.parametrize("is_replaced", [False, True], ids=["plain", "an error in its place"])
async def test_a_stop_ends_it(db: Database, database_url: str, is_replaced: bool) -> None:
    async def work() -> None:
        try:
            await _run(db, "SELECT pg_advisory_xact_lock(1)")
        except asyncio.CancelledError:
            if is_replaced:
                await _run(db, "SELECT 1 / 0")
            raise

    with psycopg.connect(database_url) as blocker:
        blocker.execute("SELECT pg_advisory_xact_lock(1)")
        task = asyncio.create_task(tried(work()))
        await waiting(database_url, 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
