"""Health follows the window while no report comes in; an idle registry writes nothing."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from db.postgres.engine import Database
from db.writes import compaction, health
from domain.health import HealthRules, window_start
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
