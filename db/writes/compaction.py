"""Moves whole hours of old minutes into the hours, and drops what is no longer kept.

A transaction moves one hour of some bindings: it locks their health first, as every report does
(db/writes/outcomes.py), so that none of them is written while it is moved. When it fails, all of it
stays where it was.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from psycopg.errors import LockNotAvailable
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.arrays import uuid_array
from db.postgres.engine import Database
from db.postgres.pool import Connection
from db.postgres.reader import database_time, driver_connection, sql_rows
from db.writes import transactions
from domain import actors, histograms, periods
from domain.histograms import CorruptHistogram
from domain.periods import HOUR_SLOTS, UsageStep
from domain.traffic_enums import Outcome

ACTOR = actors.job("compaction")

_BINDINGS = 25  # in a transaction, which holds their locks for some 20 ms
_PAGE = 500  # bindings that are looked through at once
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LOCK_TIMEOUT_MS = 100  # reads and reports wait behind a lock that is waited for
_TRIES_MAX = 5
_PAUSE_S = 0.2
_ONE_AT_A_TIME = 7_014_001  # the advisory lock of compaction

_log = logging.getLogger("jobs")

_OUTCOMES = [outcome.value.lower() for outcome in Outcome]
_COUNTS = [*_OUTCOMES, "input_tokens", "output_tokens"]
_SUMS = [*_COUNTS, "latency_ms_sum", "ttft_ms_sum", "cost_usd"]
# A sum of tokens beyond it stays there: nine million of the largest reports in an hour would make
# one, and it would else hold up the compaction of its hour for ever.
_INT8_MAX = 2**63 - 1

# The bindings after one, with the start of each one's first old minute. The index has no order by
# time alone, so it is searched once for each binding.
_OLDEST = """
    WITH RECURSIVE known AS (
        (SELECT binding_id, 1 AS n FROM outcome_minutes
         WHERE binding_id > %(after)s ORDER BY binding_id LIMIT 1)
        UNION ALL
        SELECT following.binding_id, known.n + 1
        FROM known CROSS JOIN LATERAL (
            SELECT m.binding_id FROM outcome_minutes m
            WHERE m.binding_id > known.binding_id ORDER BY m.binding_id LIMIT 1
        ) following
        WHERE known.n < %(limit)s
    )
    SELECT known.binding_id, (
        SELECT min(m.starts_at) FROM outcome_minutes m
        WHERE m.binding_id = known.binding_id AND m.starts_at < %(until)s
    ) FROM known
"""
_LOCK = """
    SELECT FROM binding_health WHERE binding_id = ANY(%(keys)s) ORDER BY binding_id FOR UPDATE
"""
_OF_HOUR = """binding_id = ANY(%(keys)s) AND slot = %(minute_slot)s
        AND starts_at >= %(hour)s AND starts_at < %(end)s"""
_HISTOGRAMS = f"""
    SELECT m.binding_id, m.latencies || h.latency, m.ttfts || h.ttft
    FROM (
        SELECT binding_id, array_agg(latency) AS latencies, array_agg(ttft) AS ttfts
        FROM outcome_minutes WHERE {_OF_HOUR} GROUP BY binding_id
    ) m
    LEFT JOIN outcome_hours h ON h.binding_id = m.binding_id
        AND h.starts_at = %(hour)s AND h.slot = %(hour_slot)s
"""  # noqa: S608  # names of ours
_MOVE = f"""
    WITH moved AS (DELETE FROM outcome_minutes WHERE {_OF_HOUR} RETURNING *),
    summed AS (
        SELECT binding_id, {", ".join(f"sum({name}) AS {name}" for name in _SUMS)}
        FROM moved GROUP BY binding_id
    )
    INSERT INTO outcome_hours AS h
        (binding_id, starts_at, slot, latency, ttft, {", ".join(_SUMS)})
    SELECT binding_id, %(hour)s, %(hour_slot)s, merged.latency, merged.ttft,
        {", ".join(f"least({name}, {_INT8_MAX})" if name in _COUNTS else name for name in _SUMS)}
    FROM summed JOIN unnest(%(merged)s::uuid[], %(latency)s::bytea[], %(ttft)s::bytea[])
        AS merged (binding_id, latency, ttft) USING (binding_id)
    ON CONFLICT (binding_id, starts_at, slot) DO UPDATE SET
        latency = excluded.latency, ttft = excluded.ttft,
        {", ".join(f"{name} = h.{name} + excluded.{name}" for name in _SUMS[:-1])},
        cost_usd = coalesce(h.cost_usd + excluded.cost_usd, h.cost_usd, excluded.cost_usd)
"""  # noqa: S608  # names of ours


async def now(database: Database) -> datetime:
    """The database's time, by which reports choose between minutes and hours."""
    async with database.write(ACTOR) as session:
        return await database_time(driver_connection(session))


async def compact(database: Database, at: datetime) -> int:
    """Move all whole hours of minutes that are not kept at this time; returns how many.

    Minutes that cannot be read stay, and are logged.
    """
    total, after, until = 0, UUID(int=0), periods.minutes_since(at)
    while page := await _oldest(database, after, until):
        moved = 0
        old = [(periods.step_start(start, UsageStep.HOUR), key) for key, start in page if start]
        for hour, of_hour in groupby(sorted(old), key=itemgetter(0)):
            moved += await _move_all(database, [key for _, key in of_hour], hour)
        total += moved
        if not moved:
            after = page[-1][0]
    return total


async def _move_all(database: Database, keys: Sequence[UUID], hour: datetime) -> int:
    moved = 0
    for first in range(0, len(keys), _BINDINGS):
        work = partial(_move, keys=keys[first : first + _BINDINGS], hour=hour)
        try:
            moved += await transactions.run(database, work, ACTOR)
        except CorruptHistogram:
            _log.exception("minutes of %s stay, as they cannot be read", hour)
    return moved


async def drop(database: Database, at: datetime) -> list[str]:
    """Empty the partitions that hold nothing that is kept at this time; returns their names.

    A partition that is locked for long is left to the next run.
    """
    # of the minutes the slot of tomorrow, whose last rows were moved to the hours
    tables = {f"outcome_minutes_{periods.minute_slot(at + _DAY)}": datetime.min.replace(tzinfo=UTC)}
    since = periods.hours_since(at)
    kept = {periods.hour_slot(day) for day in periods.step_starts(since, at, UsageStep.DAY)}
    tables |= {f"outcome_hours_{n}": since for n in range(HOUR_SLOTS) if n not in kept}
    dropped = []
    for table, kept_since in tables.items():
        if await _drop(database, table, kept_since):
            dropped.append(table)
    return dropped


async def _oldest(database: Database, after: UUID, until: datetime) -> list[Any]:
    values = {"after": after, "until": until, "limit": _PAGE}
    async with database.write(ACTOR) as session:
        return await sql_rows(driver_connection(session), _OLDEST, values)


async def _move(session: AsyncSession, keys: Sequence[UUID], hour: datetime) -> int:
    connection = driver_connection(session)
    values: dict[str, Any] = {
        "keys": uuid_array(keys),
        "hour": hour,
        "end": hour + _HOUR,
        "minute_slot": periods.minute_slot(hour),
        "hour_slot": periods.hour_slot(hour),
    }
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ONE_AT_A_TIME,))
    await connection.execute(_LOCK, values)
    rows = await sql_rows(connection, _HISTOGRAMS, values)
    merged, latency, ttft = await asyncio.to_thread(_merged, rows)
    values |= {"merged": uuid_array(merged), "latency": latency, "ttft": ttft}
    return (await connection.execute(_MOVE, values)).rowcount


def _merged(rows: Sequence[Any]) -> tuple[list[UUID], list[bytes], list[bytes]]:
    return (
        [key for key, _, _ in rows],
        [histograms.encode(histograms.merged(latencies)) for _, latencies, _ in rows],
        [histograms.encode(histograms.merged(ttfts)) for _, _, ttfts in rows],
    )


async def _drop(database: Database, table: str, kept_since: datetime) -> bool:
    for _ in range(_TRIES_MAX):
        try:
            async with database.write(ACTOR) as session:
                return await _truncate(driver_connection(session), table, kept_since)
        except LockNotAvailable:
            await asyncio.sleep(_PAUSE_S)
    _log.warning("%s is in use, and is emptied later", table)
    return False


async def _truncate(connection: Connection, table: str, kept_since: datetime) -> bool:
    """Empty a partition unless it is empty already, or has rows that are kept."""
    ((is_used,),) = await sql_rows(connection, f"SELECT pg_relation_size('{table}') > 0")
    if not is_used or await _has_rows(connection, table, kept_since):
        return False
    await connection.execute(f"SET LOCAL lock_timeout = {_LOCK_TIMEOUT_MS}".encode())
    await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
    if await _has_rows(connection, table, kept_since):  # one may have come in before the lock
        return False
    await connection.execute(f"TRUNCATE {table}".encode())
    return True


async def _has_rows(connection: Connection, table: str, kept_since: datetime) -> bool:
    query = f"SELECT EXISTS (SELECT FROM {table} WHERE starts_at >= %s)"  # noqa: S608  # our name
    ((found,),) = await sql_rows(connection, query, (kept_since,))
    return bool(found)
