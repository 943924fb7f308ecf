"""A database that allows fewer connections than the pools may open."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import make_url
from sqlmodel import select

from db.postgres.engine import Database
from db.postgres.errors import is_unavailable
from db.postgres.pool import ConnectionPool, PoolBusy
from db.tables import Provider
from db.writes import single_statement
from tests import factories

LIMIT = 2
CALLER = single_statement.Caller("tests", "")


@pytest.fixture
def narrow_url(database_url: str) -> Iterator[str]:
    """The test's registry, for a role that may have two connections at once."""
    name = f"narrow_{make_url(database_url).database}"
    narrow = make_url(database_url).set(username=name, drivername="postgresql")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN CONNECTION LIMIT {LIMIT}")
        connection.execute(f"GRANT pg_read_all_data, pg_write_all_data TO {name}")
        yield narrow.render_as_string(hide_password=False)
        connection.execute(f"DROP OWNED BY {name}")
        connection.execute(f"DROP ROLE {name}")


@pytest.fixture
async def narrow(narrow_url: str) -> AsyncIterator[Database]:
    database = Database(narrow_url)
    yield database
    await database.close()


async def _pid(pool: ConnectionPool, pause_s: float = 0.02) -> int:
    """The process id behind a connection of the pool, which is held for `pause_s`."""
    async with pool.connection() as connection:
        await connection.execute("SELECT pg_sleep(%s)", [pause_s])
        return connection.info.backend_pid


async def test_a_refused_task_waits_for_the_next_free_connection(narrow: Database) -> None:
    pool = narrow.reader.pool
    pids = await asyncio.gather(*(_pid(pool) for _ in range(30)))
    assert len(set(pids)) == LIMIT


async def test_a_pool_grows_again_when_the_database_allows_it(
    narrow: Database, narrow_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.postgres.pool._RETRY_S", 0.1)
    pool = narrow.reader.pool
    async with pool.connection() as held, asyncio.timeout(20):
        async with await psycopg.AsyncConnection.connect(narrow_url):
            waiting = asyncio.ensure_future(_pid(pool))
            await asyncio.sleep(0.3)
            assert not waiting.done()
        assert await waiting != held.info.backend_pid


async def test_the_pools_close_idle_connections_for_each_other(
    narrow: Database, db: Database
) -> None:
    provider = await factories.provider(db)
    for number in range(3):
        await asyncio.gather(*(_pid(narrow.reader.pool) for _ in range(LIMIT)))
        await single_statement.update(
            narrow, Provider, provider.id, None, {"name": f"N{number}"}, CALLER
        )
        async with narrow.write("tests") as session:
            await session.exec(sa.update(Provider).values(slug=f"slug-{number}"))
    async with db.write("tests") as session:
        found = (await session.exec(select(Provider))).one()
    assert (found.name, found.slug) == ("N2", "slug-2")


async def test_refused_transactions_wait_for_each_other(narrow: Database, db: Database) -> None:
    provider = await factories.provider(db)
    increment = sa.update(Provider).values(revision=Provider.revision + 1)

    async def write() -> None:
        async with narrow.write("tests") as session:
            await session.exec(increment)
            await session.exec(sa.text("SELECT pg_sleep(0.02)"))

    await asyncio.gather(*(write() for _ in range(6)))
    async with db.write("tests") as session:
        assert (await session.exec(select(Provider))).one().revision == provider.revision + 6


async def test_only_one_idle_connection_is_closed_for_a_refused_one(
    narrow: Database, db: Database
) -> None:
    pool = narrow.reader.pool
    provider = await factories.provider(db)
    pids = set(await asyncio.gather(*(_pid(pool) for _ in range(LIMIT))))
    await single_statement.update(narrow, Provider, provider.id, None, {"name": "other"}, CALLER)
    assert await _pid(pool, 0) in pids


async def test_repeated_refusals_end_with_pool_busy_in_time(
    narrow_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.postgres.pool._RETRY_S", 0.05)
    pool = ConnectionPool(
        lambda: psycopg.AsyncConnection.connect(narrow_url), 5, 0.3, is_prepared=True
    )
    async with pool.connection(), pool.connection(), asyncio.timeout(5):
        with pytest.raises(PoolBusy):
            await _pid(pool)
    await pool.close()


async def test_without_any_connection_each_pool_fails_at_once(
    narrow: Database, narrow_url: str
) -> None:
    async with (
        await psycopg.AsyncConnection.connect(narrow_url),
        await psycopg.AsyncConnection.connect(narrow_url),
        asyncio.timeout(2),  # far less than a pool waits
    ):
        for pool in (narrow.reader.pool, narrow.writer.pool):
            tries = await asyncio.gather(*(_pid(pool) for _ in range(5)), return_exceptions=True)
            assert all(isinstance(each, BaseException) and is_unavailable(each) for each in tries)
        with pytest.raises(psycopg.OperationalError) as raised:
            async with narrow.write("tests"):
                pass
        assert is_unavailable(raised.value)
    assert await _pid(narrow.reader.pool)


async def test_those_who_wait_are_woken_when_connections_are_accepted_again(
    db: Database, database_url: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the first that opens; the slots of refused connections would stay unused for a minute."""
    monkeypatch.setattr("db.postgres.pool._RETRY_S", 60)
    name = make_url(database_url).database
    pool = db.writer.pool
    with psycopg.connect(postgres_url, autocommit=True) as administrator:
        async with pool.connection() as held:
            administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            waiting = [asyncio.ensure_future(_pid(pool)) for _ in range(30)]
            await asyncio.sleep(0.3)
            administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            assert not any(task.done() for task in waiting)
            await held.close()  # so that it is not used again, and the next one opens another
        pids = await asyncio.gather(*waiting)
    assert len(set(pids)) > 1
