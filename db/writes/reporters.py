"""What named reporters have reported: a rollup that is sent again, with whatever key, is refused.

A row has the minute of one reporter: 8 bytes for each binding, of which 6 are the last ones of its
key, and 2 have a bit for each outcome.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from sys import byteorder

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.arrays import bytes_array, number_array
from db.postgres.pool import Connection
from db.postgres.reader import sql_rows
from db.tables import ReporterMinute
from domain.problems import AlreadyExists, Problem
from domain.reports import AGE_MAX, Report
from domain.traffic_enums import Outcome

KEPT = AGE_MAX + timedelta(days=1)

_BIT = {outcome: 1 << place for place, outcome in enumerate(Outcome)}
_BITS = 16
_KEY_MASK = (1 << 48) - 1

# The UPDATE changes nothing: it locks the row, and so makes it readable here.
_LOCK = """
    INSERT INTO reporter_minutes AS m (starts_at, actor, reporter, reported)
    SELECT starts_at, current_setting('registry.actor'), %s, ''
    FROM unnest(%s::timestamptz[]) AS s (starts_at) ORDER BY starts_at
    ON CONFLICT (starts_at, actor, reporter) DO UPDATE SET reported = m.reported
    RETURNING starts_at, reported
"""
_STORE = """
    UPDATE reporter_minutes m SET reported = s.reported
    FROM unnest(%s::timestamptz[], %s::bytea[]) AS s (starts_at, reported)
    WHERE m.starts_at = s.starts_at AND m.reporter = %s
    AND m.actor = current_setting('registry.actor')
"""


async def claim(
    connection: Connection, reporter: str, reports: Iterable[Report]
) -> dict[tuple[str, str], Problem]:
    """Note the rollups of a reporter; the problems of those that it reported before, by path."""
    by_minute: dict[datetime, list[Report]] = defaultdict(list)
    for report in reports:
        if report.is_rollup:
            by_minute[report.at].append(report)
    if not by_minute:
        return {}
    problems: dict[tuple[str, str], Problem] = {}
    changed: dict[datetime, bytes] = {}
    for minute, stored in await _locked(connection, reporter, sorted(by_minute)):
        reported = _decoded(stored)
        for report in by_minute[minute]:
            key, bit = report.binding_id.int & _KEY_MASK, _BIT[report.outcome]
            if reported.get(key, 0) & bit:
                problems[report.path] = _already(reporter, report)
            reported[key] = reported.get(key, 0) | bit
        changed[minute] = _encoded(reported)
    values = (number_array(map(_text, changed)), bytes_array(changed.values()), reporter)
    await connection.execute(_STORE, values)
    return problems


async def delete_old(session: AsyncSession) -> None:
    """Delete the rows of minutes of which nothing can be reported any more."""
    old = col(ReporterMinute.starts_at) < sa.func.now() - KEPT
    await session.exec(sa.delete(ReporterMinute).where(old))


async def _locked(
    connection: Connection, reporter: str, minutes: list[datetime]
) -> list[tuple[datetime, bytes]]:
    rows = await sql_rows(connection, _LOCK, (reporter, number_array(map(_text, minutes))))
    return [(starts_at.astimezone(UTC), reported) for starts_at, reported in rows]


def _text(time: datetime) -> str:
    return time.isoformat()


def _already(reporter: str, report: Report) -> Problem:
    text = f"{reporter} has already reported this binding, minute and outcome"
    return AlreadyExists(text, report.path)


def _decoded(stored: bytes) -> dict[int, int]:
    """The bits of the outcomes, by the last bytes of the binding's key."""
    words = array("Q", stored)
    if byteorder == "big":
        words.byteswap()
    return {word >> _BITS: word & (1 << _BITS) - 1 for word in words}


def _encoded(reported: dict[int, int]) -> bytes:
    words = array("Q", [key << _BITS | bits for key, bits in reported.items()])
    if byteorder == "big":
        words.byteswap()
    return words.tobytes()
