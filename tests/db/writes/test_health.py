"""Health follows the window while no report comes in; an idle registry writes nothing."""

from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from db.postgres.engine import Database
from db.writes import compaction, health, outcomes, transactions
from domain.health import HealthRules, minute_of, window_start
from domain.reports import Report
from domain.traffic_enums import Outcome
from tests import factories

RULES = HealthRules()
COLUMNS = "succeeded, failed, rate_limited, state, success_rate, latency_ms_p50"


def _rows(url: str, columns: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        query = f"SELECT {columns} FROM binding_health ORDER BY binding_id"
        return connection.execute(query).fetchall()


async def test_rows_whose_window_has_moved_are_computed_again(
    db: Database, database_url: str
) -> None:
    start = window_start(await compaction.now(db), RULES)
    version = await factories.version(db, await factories.model(db))
    silent, called, current = [await factories.binding(db, version) for _ in range(3)]
    stale = {"succeeded": 50, "failed": 50, "state": "DEGRADED", "success_rate": 0.5}
    for binding in (silent, called):
        await factories.health(db, binding, **stale, window_start=start - timedelta(minutes=1))
    await factories.health(db, current, **stale, window_start=start + timedelta(minutes=2))
    for ago, failed in ((-1, 40), (1, 2), (2, 1)):
        at, calls = start + timedelta(minutes=ago), factories.latencies(*[100] * 27)
        await factories.minute(db, called.id, at, **calls, timeout=failed, rate_limited=1)
    assert await health.refresh(db, RULES) == 2
    rows = _rows(database_url, COLUMNS)
    assert rows[0] == (0, 0, 0, "UNKNOWN", None, None)
    assert rows[1][:4] == (54, 3, 2, "DEGRADED")
    assert rows[1][4:] == (pytest.approx(54 / 57), pytest.approx(100, rel=0.05))
    assert rows[2] == (50, 50, 0, "DEGRADED", 0.5, None)
    before = _rows(database_url, "xmin, ctid")
    assert await health.refresh(db, RULES) == 0
    assert _rows(database_url, "xmin, ctid") == before


async def test_a_row_that_a_report_has_locked_is_left_to_it(
    db: Database, database_url: str
) -> None:
    version = await factories.version(db, await factories.model(db))
    for _ in range(2):
        await factories.health(db, await factories.binding(db, version), succeeded=1)
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        await connection.execute("SELECT FROM binding_health LIMIT 1 FOR UPDATE")
        assert await health.refresh(db, RULES) == 1
    assert await health.refresh(db, RULES) == 1


async def test_a_refresh_computes_what_a_report_had_computed(
    db: Database, database_url: str
) -> None:
    binding = await factories.binding(db, await factories.version(db, await factories.model(db)))
    at = minute_of(await compaction.now(db))
    reports = [
        Report(("rollups", "0"), binding.id, at, Outcome.SUCCESS, 40, True, {100: 30, 120: 10}),
        Report(("rollups", "1"), binding.id, at, Outcome.AUTH, 3, True),
        Report(("rollups", "2"), binding.id, at, Outcome.RATE_LIMITED, 7, True),
    ]
    work = partial(outcomes.record, reports=reports, rules=RULES)
    await transactions.run(db, work, "tests")
    columns = f"{COLUMNS}, latency, latency_ms_p95, rate_limited_share, last_outcome_at, recent"
    reported = _rows(database_url, columns)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE binding_health SET window_start = 'epoch', state = 'UNKNOWN'")
    assert await health.refresh(db, RULES) == 1
    assert _rows(database_url, columns) == reported
    assert reported[0][3] == "DEGRADED"
