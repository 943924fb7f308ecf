"""Refreshes the health of bindings whose window has moved since their last report."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.arrays import uuid_array
from db.postgres.engine import Database
from db.postgres.reader import database_time, driver_connection, sql_rows
from db.writes import outcome_rows, transactions
from domain import actors, histograms, periods
from domain.health import Figures, HealthRules, WindowTotals, figures, window_start

ACTOR = actors.job("health")

_BINDINGS = 200  # in a transaction
_DAY = timedelta(days=1)
_FIGURES = Figures._fields
_TOTALS = ("succeeded", "failed", "rate_limited", "latency", "ttft")

# A row without calls is as it should be, so an idle registry writes nothing. A row that is locked
# belongs to a report, which does the same.
_LOCK = """
    SELECT binding_id FROM binding_health
    WHERE window_start < %(start)s AND succeeded + failed + rate_limited > 0
    ORDER BY binding_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
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
    start = window_start(await database_time(connection), rules)
    rows = await sql_rows(connection, _LOCK, {"start": start, "limit": _BINDINGS})
    if not rows:
        return 0
    keys = [key for (key,) in rows]
    slots = {periods.minute_slot(start + _DAY * n) for n in range(3)}
    found = await outcome_rows.windows(connection, keys, start, slots)
    values: dict[str, Any] = {"keys": uuid_array(keys), "start": start}
    totals = [found.get(key) or WindowTotals(0, 0, 0, {}, {}) for key in keys]
    await connection.execute(_UPDATE, values | _parameters(totals, rules))
    return len(keys)


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
