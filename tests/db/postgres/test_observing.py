"""Every statement is seen, once, with its rows, its error and all operations that share it."""

import asyncio
from contextvars import copy_context
from typing import Any

import psycopg
import pytest
from sqlmodel import select

from catalogs.importing.applying import copy_rows
from db.postgres.engine import Database
from db.postgres.observing import ROWS_UNKNOWN, Statement
from db.postgres.reader import driver_connection, sql_rows
from db.reads import data_version, models
from db.tables import Model
from domain.actors import Actor
from domain.operations import Operation, current
from tests import factories

_ACTOR = Actor("test")


@pytest.fixture
async def seen(db: Database) -> list[Statement]:
    statements: list[Statement] = []
    async with db.write(_ACTOR):
        pass  # SQLAlchemy asks the first connection for its version and more
    db.statement_observers.append(statements.append)
    return statements


async def _as(operation: Operation, work: Any) -> Any:
    context = copy_context()
    context.run(current.set, (operation,))
    return await asyncio.create_task(work, context=context)


async def test_a_query_is_seen_with_its_rows_and_its_time(
    db: Database, seen: list[Statement]
) -> None:
    await data_version.revision(db.reader)
    (statement,) = seen
    assert statement.text.startswith("SELECT registry_state.revision")
    assert (statement.rows, statement.error, statement.operations) == (1, "", ())
    assert statement.seconds > 0


async def test_a_transaction_is_seen_from_begin_to_commit(
    db: Database, seen: list[Statement]
) -> None:
    async with db.write(_ACTOR) as session:
        await session.exec(select(Model))
        await sql_rows(driver_connection(session), "SELECT generate_series(1, %s)", (3,))
    texts = [each.text.split()[0] for each in seen]
    assert texts == ["BEGIN", "SELECT", "SELECT", "SELECT", "COMMIT"]
    assert [each.rows for each in seen] == [ROWS_UNKNOWN, 1, 0, 3, ROWS_UNKNOWN]


async def test_an_error_is_seen_by_its_sqlstate_and_so_is_the_rollback(
    db: Database, seen: list[Statement]
) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        async with db.write(_ACTOR) as session:
            await sql_rows(driver_connection(session), "SELECT 1/0")
    assert [(each.text, each.error) for each in seen[2:]] == [
        ("SELECT 1/0", "22012"),
        ("ROLLBACK", ""),
    ]


async def test_copy_is_seen_with_the_rows_that_were_copied(
    db: Database, seen: list[Statement]
) -> None:
    async with db.write(_ACTOR) as session:
        connection = driver_connection(session)
        await connection.execute("CREATE TEMP TABLE copied (name text)")
        await copy_rows(session, "copied", ["name"], [{"name": "a"}, {"name": "b"}])
    (copied,) = (each for each in seen if each.text.startswith("COPY"))
    assert (copied.text, copied.rows) == ('COPY "copied" ("name") FROM STDIN', 2)


async def test_a_cancelled_statement_is_seen(db: Database, seen: list[Statement]) -> None:
    begun = asyncio.Event()

    async def sleep() -> None:
        async with db.write(_ACTOR) as session:
            begun.set()
            await sql_rows(driver_connection(session), "SELECT pg_sleep(60)")

    task = asyncio.create_task(sleep())
    await begun.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen[2].error == "CancelledError"


async def test_operations_that_share_a_batch_each_count_its_time(
    db: Database, seen: list[Statement]
) -> None:
    found = await factories.model(db, name="a")
    seen.clear()
    one, two, alone = Operation("1"), Operation("2"), Operation("3")

    async def load() -> Any:
        return await models.by_names(db.reader, [found.name])

    await asyncio.gather(_as(one, load()), _as(two, load()))
    await _as(alone, load())
    assert [each.operations for each in seen] == [(one, two), (alone,)]
    assert one.statements == two.statements == [seen[0]]
    assert one.database_s == two.database_s == seen[0].seconds
    assert (one.is_shared, two.is_shared, alone.is_shared) == (True, True, False)


async def test_an_operation_keeps_its_first_statements_and_counts_the_others(
    db: Database,
) -> None:
    operation = Operation("1")

    async def run() -> None:
        for _ in range(105):
            await data_version.revision(db.reader)

    await _as(operation, run())
    assert operation.statements is not None
    assert (len(operation.statements), operation.statement_count) == (100, 105)
    operation.end()
    await _as(operation, data_version.revision(db.reader))
    assert (operation.statements, operation.statement_count) == (None, 105)
