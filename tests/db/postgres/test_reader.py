"""Reads are batched across requests, retried once on a lost connection, and prepared or not."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres import reader
from db.postgres.engine import Database, PoolLimits
from db.postgres.pool import PoolBusy
from db.postgres.poolers import Pooler
from db.postgres.statements import Query
from db.reads import data_version, models
from db.tables import Model
from tests import factories

_PREPARED = "SELECT count(*) FROM pg_prepared_statements"


def _by_name(least_keep: int = 0) -> Query:
    def build() -> sa.Select[Any]:
        keys: Any = sa.bindparam("keys", type_=sa.ARRAY(sa.Text()))
        columns: list[Any] = [col(Model.name).label("parent"), Model.id, Model.retention_keep]
        return sa.select(*columns).where(
            col(Model.name) == sa.any_(keys),
            col(Model.retention_keep) >= sa.bindparam("least", type_=sa.Integer()),
        )

    return Query(("test by name",), build, {"least": least_keep})


def _cut(postgres_url: str, database_url: str) -> None:
    """End every connection to the database, as a restart does."""
    name = database_url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )


@pytest.fixture
def sent(db: Database) -> list[str]:
    """The statements sent, in order."""
    statements: list[str] = []
    db.statement_listeners.append(lambda statement, _: statements.append(statement))
    return statements


async def _loaded(db: Database, *names: str, least: int = 0) -> list[str]:
    return sorted(await reader.row_by_key(db.reader, _by_name(least), names))


async def test_concurrent_loads_of_one_query_are_one_statement(
    db: Database, sent: list[str]
) -> None:
    names = [(await factories.model(db)).name for _ in range(5)]
    rows = await asyncio.gather(*(_loaded(db, names[n % 5], "none") for n in range(20)))
    assert rows == [[names[n % 5]] for n in range(20)]
    assert len(sent) == 1


async def test_loads_with_other_values_or_many_keys_are_not_batched(
    db: Database, sent: list[str]
) -> None:
    name = (await factories.model(db, retention_keep=2)).name
    rows = await asyncio.gather(*(_loaded(db, name, least=least) for least in (1, 2, 3)))
    assert rows == [[name], [name], []]
    assert len(sent) == 3
    many = [f"none-{number}" for number in range(40)]
    rows = await asyncio.gather(*(_loaded(db, name, *many) for _ in range(3)))
    assert rows == [[name]] * 3
    assert len(sent) == 6


async def test_a_load_sees_what_was_committed_before_it_started(db: Database) -> None:
    """Even while earlier loads of the same query are running."""
    early = []
    for _ in range(20):
        early.append(asyncio.ensure_future(data_version.revision(db.reader)))
        await asyncio.sleep(0)
        await factories.model(db)
        committed = await factories.revision(db)
        early.append(asyncio.ensure_future(data_version.revision(db.reader)))
        assert await data_version.revision(db.reader) == committed
    assert max(await asyncio.gather(*early)) == await factories.revision(db)


async def test_a_read_after_the_connections_were_cut_succeeds(
    db: Database, postgres_url: str, database_url: str
) -> None:
    name = (await factories.model(db)).name
    for _ in range(2):
        await asyncio.gather(*(db.reader.rows(_rows_of(name)) for _ in range(5)))
        _cut(postgres_url, database_url)
        results = await asyncio.gather(
            _loaded(db, name), *(db.reader.rows(_rows_of(name)) for _ in range(5))
        )
        assert [len(result) for result in results] == [1] * 6


async def test_a_read_whose_connection_is_cut_runs_again(
    db: Database, database_url: str, sent: list[str]
) -> None:
    name = (await factories.model(db)).name
    waiting = """SELECT pid FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()"""
    with (
        psycopg.connect(database_url) as blocker,
        psycopg.connect(database_url, autocommit=True) as admin,
    ):
        blocker.execute("LOCK TABLE models")
        reading = asyncio.ensure_future(db.reader.rows(_rows_of(name)))
        while not (blocked := admin.execute(waiting).fetchone()):  # noqa: ASYNC110  # PostgreSQL has no event for it
            await asyncio.sleep(0.01)
        admin.execute("SELECT pg_terminate_backend(%s, 1000)", blocked)
        await asyncio.sleep(0.05)
        blocker.rollback()
        assert len(await reading) == 1
    assert len(sent) == 2


def _rows_of(name: str) -> Query:
    return Query(
        "test rows of",
        lambda: sa.select(col(Model.id)).where(col(Model.name) == sa.bindparam("name")),
        {"name": name},
    )


async def test_an_error_of_the_statement_is_not_retried_and_keeps_the_connection(
    db: Database, sent: list[str]
) -> None:
    wrong = Query("test wrong", lambda: sa.select(sa.column("nothing", sa.Integer())), {})
    with pytest.raises(psycopg.errors.UndefinedColumn):
        await db.reader.rows(wrong)
    assert len(sent) == 1
    pid = Query("test pid", lambda: sa.select(sa.func.pg_backend_pid().label("pid")), {})
    pids = [(await db.reader.rows(pid))[0].pid for _ in range(2)]
    with pytest.raises(psycopg.errors.UndefinedColumn):
        await db.reader.rows(wrong)
    assert (await db.reader.rows(pid))[0].pid == pids[0] == pids[1]


async def test_an_error_is_raised_by_all_loads_of_a_batch(db: Database) -> None:
    wrong = Query(
        "test wrong parent",
        lambda: sa.select(sa.column("nothing", sa.Integer()).label("parent")),
        {},
    )
    errors = await asyncio.gather(
        *(db.reader.rows_by_key(wrong, [key]) for key in range(3)), return_exceptions=True
    )
    assert [type(error) for error in errors] == [psycopg.errors.UndefinedColumn] * 3


async def test_a_busy_pool_is_not_retried(database_url: str) -> None:
    database = Database(database_url, PoolLimits(read_connections_max=1, connection_wait_s=0.05))
    async with database.reader.pool.connection():
        with pytest.raises(PoolBusy):
            await data_version.revision(database.reader)
    assert await data_version.revision(database.reader) == 0
    await database.close()


async def test_a_read_in_a_transaction_sees_its_changes(db: Database) -> None:
    model = await factories.model(db, name="before")
    async with db.write("tests") as session:
        row = await session.get(Model, model.id)
        assert row is not None
        row.name = "within"
        await session.flush()
        assert await reader.row_by_key(session, _by_name(), ["within"])
        assert await _loaded(db, "within") == []
    assert await _loaded(db, "within") == ["within"]


async def _one(session: AsyncSession, statement: str) -> Any:
    return (await (await session.connection()).execute(sa.text(statement))).scalar_one()


@pytest.fixture(params=[True, False])
async def one_connection(
    request: pytest.FixtureRequest, database_url: str
) -> AsyncIterator[tuple[Database, bool]]:
    database = Database(database_url, PoolLimits(read_connections_max=1, is_prepared=request.param))
    yield database, request.param
    await database.close()


async def test_nothing_is_prepared_behind_pgbouncer(one_connection: tuple[Database, bool]) -> None:
    db, is_prepared = one_connection
    for _ in range(8):
        await models.by_ids(db.reader, [])
        await data_version.revision(db.reader)
        await db.reader.rows(_rows_of("a"))
    async with db.reader.pool.connection() as connection:
        row: Any = await (await connection.execute(_PREPARED, prepare=False)).fetchone()
    assert (row[0] > 0) is is_prepared
    async with db.write("tests") as session:
        for _ in range(8):
            counted = await _one(session, _PREPARED)
    assert (counted > 0) is is_prepared


async def test_a_query_is_prepared_when_it_is_first_sent(
    one_connection: tuple[Database, bool],
) -> None:
    db, is_prepared = one_connection
    await db.reader.rows(_rows_of("a"))
    async with db.reader.pool.connection() as connection:
        row: Any = await (await connection.execute(_PREPARED, prepare=False)).fetchone()
    assert row[0] == is_prepared


@pytest.mark.parametrize("pooler", Pooler)
async def test_the_settings_of_a_session_hold_in_each_mode_of_a_pooler(
    postgres_url: str, database_url: str, pooler: Pooler
) -> None:
    """Whatever the database or the server has: a sunset is a day in UTC."""
    name = database_url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'")
    database = Database(database_url, PoolLimits(pooler=pooler, statement_timeout_ms=2_345))
    names = ("timezone", "statement_timeout", "client_connection_check_interval")
    columns = [sa.func.current_setting(name).label(name) for name in names]
    query = Query("test settings", lambda: sa.select(*columns), {})
    for source in (database.reader, database.writer, database.probe):
        assert list((await source.rows(query))[0]) == ["UTC", "2345ms", "1s"]
    async with database.write("tests") as session:
        assert list((await reader.rows(session, query))[0]) == ["UTC", "2345ms", "1s"]
    async with database.writer.pool.connection() as connection:  # nothing is left in the session
        left: Any = await (await connection.execute("SHOW statement_timeout")).fetchone()
    assert left == (("0",) if pooler is Pooler.TRANSACTION else ("2345ms",))
    await database.close()


async def test_a_statement_planned_by_its_values_is_not_prepared(
    one_connection: tuple[Database, bool],
) -> None:
    db, _ = one_connection
    query = _rows_of("a")
    by_values = Query("test by values", query.build, query.values, is_planned_by_values=True)
    for _ in range(8):
        await db.reader.rows(by_values)
    async with db.reader.pool.connection() as connection:
        row: Any = await (await connection.execute(_PREPARED, prepare=False)).fetchone()
    assert row[0] == 0


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
async def test_a_key_that_cannot_be_stored_does_not_fail_the_loads_of_others(
    db: Database, text: str
) -> None:
    model = await factories.model(db)
    load = (models.by_names(db.reader, [name]) for name in (text, model.name, text))
    found = await asyncio.gather(*load)
    assert [list(each) for each in found] == [[], [model.name], []]
