"""Minutes become hours, and hours go: nothing is lost or counted twice, whenever it is killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from db.postgres.engine import Database
from db.reads import usage
from db.reads.usage import UsageRange
from db.writes import compaction, outcomes, transactions
from domain import histograms, periods
from domain.health import HealthRules
from domain.periods import UsageStep
from domain.reports import Report
from domain.traffic_enums import Outcome
from tests import factories

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
GONE = UUID(int=2**100)  # a binding that was deleted
COLUMNS = "success, timeout, cancelled, input_tokens, latency_ms_sum, cost_usd"


def _rows(url: str, query: str) -> list[Any]:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return connection.execute(query).fetchall()


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _totals(url: str) -> list[Any]:
    """All that is kept of each binding, in minutes and hours together."""
    return _rows(
        url,
        f"""SELECT binding_id, {", ".join(f"sum({name})" for name in COLUMNS.split(", "))}
        FROM (SELECT binding_id, {COLUMNS} FROM outcome_minutes
              UNION ALL SELECT binding_id, {COLUMNS} FROM outcome_hours) t
        GROUP BY binding_id ORDER BY binding_id""",
    )


def _histogram(url: str, table: str) -> histograms.Histogram:
    result: histograms.Histogram = {}
    for (encoded,) in _rows(url, f"SELECT latency FROM {table}"):
        histograms.merge(result, histograms.decode(encoded))
    return result


async def _fill(db: Database, bindings: int = 2, minutes: int = 4) -> datetime:
    """Minutes before and after the time from which they are kept, which is returned."""
    now = await compaction.now(db)
    since = periods.minutes_since(now)
    version = await factories.version(db, await factories.model(db))
    rows = [await factories.binding(db, version) for _ in range(bindings)]
    for row in rows:
        await factories.health(db, row)
    for key in (*(row.id for row in rows), GONE):
        for number in range(minutes):
            columns = factories.latencies(10 * (number + 1), 5_000) | {"input_tokens": 2**40}
            for start in (since - 3 * HOUR, since - HOUR, since):
                await factories.minute(
                    db, key, start + MINUTE * number, **columns, timeout=1, cost_usd="0.1"
                )
    await factories.hour(db, rows[0].id, since - HOUR, **factories.latencies(777), cancelled=2**33)
    return now


async def test_whole_hours_that_are_old_are_moved(db: Database, database_url: str) -> None:
    now = await _fill(db)
    before, latency = _totals(database_url), _histogram(database_url, "outcome_minutes")
    assert await compaction.compact(db, now) == 6
    assert _totals(database_url) == before
    since = periods.minutes_since(now)
    assert _rows(database_url, "SELECT min(starts_at), count(*) FROM outcome_minutes") == [
        (since, 12)
    ]
    hours = _rows(
        database_url,
        "SELECT starts_at, count(*), sum(success), sum(timeout), sum(cancelled), sum(cost_usd)"
        " FROM outcome_hours GROUP BY 1 ORDER BY 1",
    )
    assert [(at, *map(float, sums)) for at, *sums in hours] == [
        (since - 3 * HOUR, 3, 24, 12, 0, pytest.approx(1.2)),
        (since - HOUR, 3, 25, 12, 2**33, pytest.approx(1.2)),
    ]
    slots = _rows(database_url, "SELECT DISTINCT starts_at, slot FROM outcome_hours")
    assert all(slot == periods.hour_slot(at) for at, slot in slots)
    moved = _histogram(database_url, "outcome_hours")
    histograms.merge(moved, _histogram(database_url, "outcome_minutes"))
    histograms.merge(latency, {histograms.bucket_of(777): 1})
    assert moved == latency


async def test_a_second_run_changes_no_row(db: Database, database_url: str) -> None:
    now = await _fill(db)
    await compaction.compact(db, now)
    versions = "SELECT tableoid, ctid, xmin FROM outcome_hours UNION ALL SELECT tableoid, ctid, xmin FROM outcome_minutes"  # noqa: E501  one statement
    before = _rows(database_url, versions)
    assert await compaction.compact(db, now) == 0
    assert _rows(database_url, versions) == before


DIE = """CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF coalesce(to_jsonb(NEW), to_jsonb(OLD)) ->> 'binding_id' = '%s' THEN
        PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5);
    END IF; RETURN NULL; END $$"""
TRIGGERS = (
    "CREATE TRIGGER die AFTER DELETE ON outcome_minutes FOR EACH ROW EXECUTE FUNCTION die()",
    "CREATE TRIGGER die AFTER INSERT ON outcome_hours FOR EACH ROW EXECUTE FUNCTION die()",
    "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON outcome_hours DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION die()",  # at the commit
)


@pytest.mark.parametrize("trigger", TRIGGERS)
async def test_a_run_that_is_killed_loses_and_doubles_nothing(
    db: Database, database_url: str, trigger: str
) -> None:
    """The connection is killed in the second transaction or a later one."""
    now = await _fill(db, bindings=30, minutes=2)
    before = _totals(database_url)
    _execute(database_url, DIE % before[-2][0])
    _execute(database_url, trigger)
    with pytest.raises(Exception, match=r"terminating connection|lost|closed"):
        await compaction.compact(db, now)
    assert _totals(database_url) == before
    moved = _rows(database_url, "SELECT count(*) FROM outcome_hours")[0][0]
    assert 1 < moved < 62
    _execute(database_url, "DROP FUNCTION die() CASCADE")
    await compaction.compact(db, now)
    assert _totals(database_url) == before
    assert _rows(database_url, "SELECT count(*) FROM outcome_hours") == [(62,)]


async def test_runs_at_the_same_time_move_each_hour_once(db: Database, database_url: str) -> None:
    now = await _fill(db, bindings=8, minutes=2)
    before = _totals(database_url)
    await asyncio.gather(*(compaction.compact(db, now) for _ in range(4)))
    assert _totals(database_url) == before


async def test_usage_is_the_same_at_each_moment_of_a_run(db: Database, database_url: str) -> None:
    now = await _fill(db, bindings=30, minutes=2)
    keys = [row[0] for row in _totals(database_url)]
    wanted = UsageRange(now - 4 * DAY, now, UsageStep.DAY)
    before = await usage.of_bindings(db.reader, keys, wanted)
    running = asyncio.create_task(compaction.compact(db, now))
    reads = 0
    while not running.done():
        assert await usage.of_bindings(db.reader, keys, wanted) == before
        reads += 1
    assert (await running, reads > 1) == (62, True)
    assert await usage.of_bindings(db.reader, keys, wanted) == before


async def test_minutes_are_not_moved_while_a_report_holds_their_binding(
    db: Database, database_url: str
) -> None:
    now = await _fill(db)
    async with _locked(database_url, "SELECT FROM binding_health FOR UPDATE"):
        running = asyncio.create_task(compaction.compact(db, now))
        await asyncio.sleep(0.2)
        assert not running.done()
        assert len(_rows(database_url, "SELECT FROM outcome_minutes")) == 36
    assert await running == 6


async def test_minutes_that_cannot_be_read_stay_and_hold_up_no_others(
    db: Database, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    now = await _fill(db, bindings=30, minutes=2)
    _execute(database_url, f"UPDATE outcome_minutes SET latency = 'x' WHERE binding_id = '{GONE}'")
    assert await compaction.compact(db, now) == 2 * 6  # the others are in another transaction
    assert "as they cannot be read" in caplog.text
    assert _rows(database_url, "SELECT count(*) FROM outcome_minutes") == [(62 + 4 * 25,)]
    assert await compaction.compact(db, now) == 0


async def test_late_reports_while_their_hour_is_moved_are_counted_once(
    db: Database, database_url: str
) -> None:
    """A report of more than 48 hours ago adds to the hour that its minutes are moved to."""
    now = await _fill(db, bindings=30, minutes=2)
    before = _totals(database_url)
    keys = [row[0] for row in before if row[0] != GONE]
    at = periods.minutes_since(now) - HOUR
    reports = [
        Report(("items", str(place)), key, at, Outcome.SUCCESS, latency={100: 1})
        for place, key in enumerate(keys)
    ]

    async def report() -> None:
        for _ in range(4):
            work = partial(outcomes.record, reports=reports, rules=HealthRules())
            assert await transactions.run(db, work, "tests") == {}

    await asyncio.gather(report(), compaction.compact(db, now), report())
    after = _totals(database_url)
    assert [row[1] - old[1] for row, old in zip(after, before, strict=True)] == [0] + [8] * 30
    assert _histogram(database_url, "outcome_hours")[100] == 240


@asynccontextmanager
async def _locked(url: str, statement: str) -> AsyncIterator[None]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(statement)
        yield


async def test_partitions_that_hold_nothing_kept_are_emptied(
    db: Database, database_url: str
) -> None:
    now = await compaction.now(db)
    assert await compaction.drop(db, now) == []
    old = now - 3 * DAY
    await factories.minute(db, GONE, old)
    for days in (1, 89, 98, 104):
        await factories.hour(db, GONE, periods.step_start(now - days * DAY, UsageStep.HOUR))
    expected = {f"outcome_hours_{periods.hour_slot(now - days * DAY)}" for days in (98, 104)}
    assert set(await compaction.drop(db, now)) == expected
    assert _rows(database_url, "SELECT count(*) FROM outcome_hours") == [(2,)]
    assert _rows(database_url, "SELECT count(*) FROM outcome_minutes") == [(1,)]
    await compaction.compact(db, now)
    partition = f"outcome_minutes_{periods.minute_slot(old)}"
    assert await compaction.drop(db, now) == [partition]
    assert _rows(database_url, f"SELECT pg_relation_size('{partition}')") == [(0,)]
    assert await compaction.drop(db, now) == []


async def test_a_partition_that_is_read_is_left_to_the_next_run(
    db: Database, database_url: str
) -> None:
    now = await compaction.now(db)
    await factories.hour(db, GONE, periods.step_start(now - 100 * DAY, UsageStep.HOUR))
    async with _locked(database_url, "SELECT FROM outcome_hours"):
        assert await compaction.drop(db, now) == []
    assert len(await compaction.drop(db, now)) == 1
