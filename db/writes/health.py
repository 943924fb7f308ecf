"""Refreshes the health of bindings whose window has moved since their last report."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from functools import partial
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.arrays import uuid_array
from db.postgres.engine import Database
from db.postgres.pool import Connection
from db.postgres.reader import driver_connection
from db.writes import transactions
from domain import histograms, periods
from domain.health import FAILURES, Figures, HealthRules, WindowTotals, figures, window_start
from domain.histograms import Histogram
from domain.traffic_enums import Outcome

ACTOR = "health"

_BINDINGS = 200  # in a transaction
_DAY = timedelta(days=1)
_FAILED = " + ".join(outcome.value.lower() for outcome in Outcome if outcome in FAILURES)
_FIGURES = Figures._fields
_TOTALS = ("succeeded", "failed", "rate_limited", "latency", "ttft")

# A row without calls is as it should be, so an idle registry writes nothing. A row that is locked
# belongs to a report, which does the same.
_LOCK = """
    SELECT binding_id FROM binding_health
    WHERE window_start < %(start)s AND succeeded + failed + rate_limited > 0
    ORDER BY binding_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
_WINDOWS = f"""
    SELECT binding_id, sum(success)::bigint, sum({_FAILED})::bigint, sum(rate_limited)::bigint,
        array_agg(latency), array_agg(ttft)
    FROM outcome_minutes
    WHERE binding_id = ANY(%(keys)s) AND starts_at >= %(start)s AND slot = ANY(%(slots)s)
    GROUP BY binding_id
"""  # noqa: S608  # names of ours
_COLUMNS = (*_TOTALS, *_FIGURES)
_TYPES = ("bigint", "bigint", "bigint", "bytea", "bytea", "text", *("float8",) * 6)
_UPDATE = f"""
    UPDATE binding_health h SET window_start = %(start)s,
        {", ".join(f"{name} = n.{name}" for name in _COLUMNS)}
    FROM unnest(%(keys)s::uuid[], {
    ", ".join(f"%({name})s::{type_}[]" for name, type_ in zip(_COLUMNS, _TYPES, strict=True))
}) AS n (binding_id, {", ".join(_COLUMNS)})
    WHERE h.binding_id = n.binding_id
"""  # noqa: S608  # names of ours


async def refresh(database: Database, rules: HealthRules) -> int:
    """Bring all health up to date; returns how many bindings it was for."""
    total = 0
    while count := await transactions.run(database, partial(_refresh_some, rules=rules), ACTOR):
        total += count
    return total


async def _refresh_some(session: AsyncSession, rules: HealthRules) -> int:
    connection = driver_connection(session)
    ((at,),) = await _rows(connection, "SELECT clock_timestamp()")
    start = window_start(at.astimezone(UTC), rules)
    rows = await _rows(connection, _LOCK, {"start": start, "limit": _BINDINGS})
    if not rows:
        return 0
    keys = [key for (key,) in rows]
    slots = sorted({periods.minute_slot(start + _DAY * n) for n in range(3)})
    values: dict[str, Any] = {"keys": uuid_array(keys), "start": start, "slots": slots}
    found = {key: _totals(of_key) for key, *of_key in await _rows(connection, _WINDOWS, values)}
    totals = [found.get(key) or WindowTotals(0, 0, 0, {}, {}) for key in keys]
    await connection.execute(_UPDATE, values | _parameters(totals, rules))
    return len(keys)


def _totals(row: Sequence[Any]) -> WindowTotals:
    succeeded, failed, rate_limited, latencies, ttfts = row
    return WindowTotals(succeeded, failed, rate_limited, _merged(latencies), _merged(ttfts))


def _merged(encoded: Sequence[bytes]) -> Histogram:
    result: Histogram = {}
    for each in encoded:
        histograms.merge(result, histograms.decode(each))
    return result


def _parameters(totals: Sequence[WindowTotals], rules: HealthRules) -> dict[str, Any]:
    """One array for each column."""
    rows = [
        (
            *each[:3],
            histograms.encode(each.latency),
            histograms.encode(each.ttft),
            *figures(each, rules),
        )
        for each in totals
    ]
    return dict(zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))


async def _rows(connection: Connection, sql: str, values: Any = None) -> list[Any]:
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(sql.encode(), values)
        return await cursor.fetchall()
