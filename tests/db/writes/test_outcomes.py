"""Outcomes are recorded in a constant number of statements, and counted once by all processes."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from db.postgres.engine import Database
from db.postgres.reader import driver_connection
from db.writes import outcomes, transactions
from domain import ids
from domain.health import DEFAULT_RULES
from domain.histograms import bucket_of
from domain.problems import Problem
from domain.reports import Report
from domain.traffic_enums import Outcome
from tests import factories
from tests.outcomes import bindings, rows, this_minute


async def _bindings(db: Database, number: int) -> list[Any]:
    return [ids.decode(ids.BINDING, each) for each in await bindings(db, number)]


def _rollups(keys: Sequence[Any], calls: int = 1, minutes: int = 1) -> list[Report]:
    return [
        Report(
            ("rollups", str(ago * len(keys) + place)),
            key,
            this_minute() - timedelta(minutes=1 + ago),
            Outcome.SUCCESS,
            calls,
            is_rollup=True,
            latency={bucket_of(100 + place % 50): calls},
        )
        for ago in range(minutes)
        for place, key in enumerate(keys)
    ]


async def _record(
    db: Database, reports: Sequence[Report], reporter: str | None = None
) -> dict[tuple[str, str], Problem]:
    return await transactions.run(
        db, lambda session: outcomes.record(session, reports, DEFAULT_RULES, reporter), "tests"
    )


async def test_statements_do_not_grow_with_the_batch(db: Database) -> None:
    keys = await _bindings(db, 50)
    sent: list[bytes] = []

    class Counting(psycopg.AsyncCursor[Any]):
        async def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            sent.append(query if isinstance(query, bytes) else str(query).encode())
            return await super().execute(query, *args, **options)

    numbers = []
    old = Report(("items", "0"), keys[0], this_minute() - timedelta(days=3), Outcome.TIMEOUT)
    for reporter, reports in (("a", _rollups(keys[:1])), ("b", _rollups(keys, minutes=19))):
        async with db.write("tests") as session:
            connection = driver_connection(session)
            connection.cursor_factory = Counting
            sent.clear()
            problems = await outcomes.record(session, [*reports, old], DEFAULT_RULES, reporter)
            connection.cursor_factory = psycopg.AsyncCursor
        numbers.append(len(sent))
        assert problems == {}
    assert numbers[0] == numbers[1] <= 14


async def test_many_that_report_the_same_bindings_at_once_count_each_call_once(
    db: Database, database_url: str
) -> None:
    """Their batches name the bindings in different orders, and none waits for ever."""
    keys = await _bindings(db, 20)
    others = [Database(database_url) for _ in range(3)]
    batches = [
        _record(each, _rollups(keys[turn:] + keys[:turn], 3))
        for turn in range(8)
        for each in (db, *others)
    ]
    try:
        assert await asyncio.gather(*batches) == [{}] * 32
    finally:
        for each in others:
            await each.close()
    minutes = rows(database_url, "outcome_minutes")
    assert sum(row["success"] for row in minutes) == 20 * 3 * 32
    health = rows(database_url, "binding_health")
    assert {row["succeeded"] for row in health} == {96}
    with psycopg.connect(database_url) as connection:
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        assert connection.execute(query).fetchone() == (0,)


async def test_one_of_two_equal_batches_of_a_reporter_counts(
    db: Database, database_url: str
) -> None:
    keys = await _bindings(db, 5)
    batches = [_record(db, _rollups(keys, 4), "gateway") for _ in range(6)]
    refused = [len(problems) for problems in await asyncio.gather(*batches)]
    assert sorted(refused) == [0, 5, 5, 5, 5, 5]
    assert {row["success"] for row in rows(database_url, "outcome_minutes")} == {4}


async def test_a_window_that_has_moved_is_read_again(db: Database, database_url: str) -> None:
    keys = await _bindings(db, 2)
    await _record(db, _rollups(keys, 30, minutes=10))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE binding_health SET window_start = 'epoch', succeeded = 7")
    await _record(db, _rollups(keys[:1], 5))
    found = {row["binding_id"]: row["succeeded"] for row in rows(database_url, "binding_health")}
    assert found == {keys[0]: 305, keys[1]: 7}


@pytest.mark.parametrize("calls", [4, 5])
async def test_five_failures_in_a_row_open_the_circuit(
    db: Database, database_url: str, calls: int
) -> None:
    (key,) = await _bindings(db, 1)
    report = Report(("items", "0"), key, this_minute(), Outcome.TIMEOUT, calls, is_rollup=True)
    await _record(db, [report])
    assert [row["state"] for row in rows(database_url, "circuits")] == ["OPEN"] * (calls == 5)
    (health,) = rows(database_url, "binding_health")
    assert health["consecutive_failures"] == calls


async def test_the_outcomes_of_a_deleted_binding_are_refused(db: Database) -> None:
    version = await factories.version(db, await factories.model(db))
    binding = await factories.binding(db, version)
    await _record(db, _rollups([binding.id]))
    async with db.write("tests") as session:
        await session.delete(binding)
    assert list(await _record(db, _rollups([binding.id]))) == [("rollups", "0")]
