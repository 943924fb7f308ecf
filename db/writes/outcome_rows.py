"""The statements of a batch of outcomes: each reads or writes all of its rows at once.

Rows are passed as one array for each column: this takes a tenth of what a statement for each row
would take.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from db.postgres.arrays import bytes_array, number_array, text_array, uuid_array
from db.postgres.pool import Connection
from db.postgres.reader import sql_rows
from domain import histograms
from domain.circuits import Breaker
from domain.health import Figures, WindowTotals
from domain.histograms import Histogram
from domain.periods import hour_slot, minute_slot
from domain.totals import FAILED, OUTCOMES, Period, Totals

_INSERT_MISSING = """
    INSERT INTO binding_health (
        binding_id, window_start, succeeded, failed, rate_limited, latency, ttft, state,
        consecutive_failures, recent
    )
    SELECT b.id, 'epoch', 0, 0, 0, '', '', 'UNKNOWN', 0, '[]'
    FROM provider_bindings b WHERE b.id = ANY(%(keys)s)
    AND NOT EXISTS (SELECT FROM binding_health h WHERE h.binding_id = b.id)
    ORDER BY b.id
    ON CONFLICT (binding_id) DO NOTHING
"""
_LOCK = """
    SELECT binding_id, window_start, succeeded, failed, rate_limited, latency, ttft,
        last_outcome_at, consecutive_failures, recent
    FROM binding_health WHERE binding_id = ANY(%(keys)s) ORDER BY binding_id FOR UPDATE
"""
_OUTCOME_COLUMNS = [outcome.value.lower() for outcome in OUTCOMES]
_SUMS = [*_OUTCOME_COLUMNS, "latency_ms_sum", "ttft_ms_sum", "input_tokens", "output_tokens"]
_TYPES = {
    "binding_id": "uuid",
    "starts_at": "timestamptz",
    "slot": "smallint",
    **dict.fromkeys(_OUTCOME_COLUMNS, "bigint"),
    "latency": "bytea",
    "latency_ms_sum": "float8",
    "ttft": "bytea",
    "ttft_ms_sum": "float8",
    "input_tokens": "bigint",
    "output_tokens": "bigint",
    "cost_usd": "numeric",
}
_FAILED_SUM = " + ".join(f"m.{outcome.value.lower()}" for outcome in FAILED)


def _store(table: str) -> str:
    """Adds rows to those of the same period; their histograms are those of both."""
    sums = ", ".join(f"{name} = m.{name} + excluded.{name}" for name in _SUMS)
    arrays = ", ".join(f"%({name})s::{type_}[]" for name, type_ in _TYPES.items())
    return f"""
        INSERT INTO {table} AS m ({", ".join(_TYPES)}) SELECT * FROM unnest({arrays})
        ON CONFLICT (binding_id, starts_at, slot) DO UPDATE SET {sums},
            latency = excluded.latency, ttft = excluded.ttft,
            cost_usd = coalesce(m.cost_usd + excluded.cost_usd, m.cost_usd, excluded.cost_usd)
    """  # noqa: S608  # names of ours


def _histograms(table: str) -> str:
    return f"""
        SELECT m.binding_id, m.starts_at, m.latency, m.ttft
        FROM unnest(%s::uuid[], %s::timestamptz[], %s::smallint[])
            AS p (binding_id, starts_at, slot)
        JOIN {table} m USING (binding_id, starts_at, slot)
    """  # noqa: S608  # names of ours


class _Table(NamedTuple):
    """A table of totals: its statements, and the slots of its rows."""

    store: str
    histograms: str
    slot_of: Any  # from a time to the number of its slot


MINUTES = _Table(_store("outcome_minutes"), _histograms("outcome_minutes"), minute_slot)
HOURS = _Table(_store("outcome_hours"), _histograms("outcome_hours"), hour_slot)

_WINDOWS = f"""
    SELECT m.binding_id, m.success, {_FAILED_SUM}, m.rate_limited, m.latency, m.ttft
    FROM unnest(%s::uuid[]) AS b (binding_id)
    JOIN outcome_minutes m ON m.binding_id = b.binding_id
        AND m.starts_at >= %s::timestamptz AND m.slot = ANY(%s::smallint[])
"""  # noqa: S608  # names of ours
_UPDATE_HEALTH = """
    UPDATE binding_health h SET window_start = n.window_start, succeeded = n.succeeded,
        failed = n.failed, rate_limited = n.rate_limited, latency = n.latency, ttft = n.ttft,
        last_outcome_at = n.last_outcome_at, known_until = n.known_until,
        consecutive_failures = n.consecutive_failures, recent = n.recent, state = n.state,
        success_rate = n.success_rate, rate_limited_share = n.rate_limited_share,
        latency_ms_p50 = n.latency_ms_p50, latency_ms_p95 = n.latency_ms_p95,
        latency_ms_p99 = n.latency_ms_p99, ttft_ms_p50 = n.ttft_ms_p50
    FROM unnest(
        %s::uuid[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[],
        %s::bytea[], %s::timestamptz[], %s::timestamptz[], %s::int[], %s::jsonb[], %s::text[],
        %s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::float8[]
    ) AS n (
        binding_id, window_start, succeeded, failed, rate_limited, latency, ttft, last_outcome_at,
        known_until, consecutive_failures, recent, state, success_rate, rate_limited_share,
        latency_ms_p50, latency_ms_p95, latency_ms_p99, ttft_ms_p50
    )
    WHERE h.binding_id = n.binding_id
"""


class Health(NamedTuple):
    """A row of `binding_health`, without its figures."""

    window_start: datetime
    totals: WindowTotals
    last_outcome_at: datetime | None
    consecutive_failures: int
    recent: Sequence[Sequence[int]]


async def lock(connection: Connection, keys: Sequence[UUID]) -> dict[UUID, Health]:
    """The health of each binding that exists, locked in the order of the keys."""
    values = {"keys": uuid_array(keys)}
    await connection.execute(_INSERT_MISSING, values)
    return {
        row[0]: Health(
            row[1].astimezone(UTC),
            WindowTotals(
                row[2], row[3], row[4], histograms.decode(row[5]), histograms.decode(row[6])
            ),
            *row[7:],
        )
        for row in await sql_rows(connection, _LOCK, values)
    }


async def windows(
    connection: Connection, keys: Sequence[UUID], start: datetime, slots: Iterable[int]
) -> dict[UUID, WindowTotals]:
    """The totals of the minutes from `start` on, of each binding that has any."""
    found: dict[UUID, WindowTotals] = {}
    values = (uuid_array(keys), start, number_array(slots))
    for key, succeeded, failed, rate_limited, latency, ttft in await sql_rows(
        connection, _WINDOWS, values
    ):
        before = found.get(key) or WindowTotals(0, 0, 0, {}, {})
        histograms.merge(before.latency, histograms.decode(latency))
        histograms.merge(before.ttft, histograms.decode(ttft))
        found[key] = before._replace(
            succeeded=before.succeeded + succeeded,
            failed=before.failed + failed,
            rate_limited=before.rate_limited + rate_limited,
        )
    return found


async def store(connection: Connection, table: _Table, added: Mapping[Period, Totals]) -> None:
    """Add the totals to those that are stored of the same periods."""
    periods, totals = list(added), list(added.values())
    keys = uuid_array([key for key, _ in periods])
    starts = number_array(start.isoformat() for _, start in periods)
    slots = number_array(table.slot_of(start) for _, start in periods)
    stored = await sql_rows(connection, table.histograms, (keys, starts, slots))
    before = {(key, start.astimezone(UTC)): rest for key, start, *rest in stored}
    merged = [_merged(each, before.get(period)) for period, each in added.items()]
    values = {
        "binding_id": keys,
        "starts_at": starts,
        "slot": slots,
        **{
            outcome.value.lower(): number_array(each.calls[outcome] for each in totals)
            for outcome in OUTCOMES
        },
        "latency": bytes_array(latency for latency, _ in merged),
        "ttft": bytes_array(ttft for _, ttft in merged),
        **{
            name: number_array(getattr(each, name) for each in totals)
            for name in _TYPES
            if name in Totals.__dataclass_fields__ and name not in ("latency", "ttft")
        },
    }
    await connection.execute(table.store, values)


class NewHealth(NamedTuple):
    """What a batch makes of a binding's health."""

    window_start: datetime
    totals: WindowTotals
    figures: Figures
    last_outcome_at: datetime
    known_until: datetime
    breaker: Breaker


async def update_health(connection: Connection, new: Mapping[UUID, NewHealth]) -> None:
    """Write the health of locked rows."""
    rows = new.values()
    await connection.execute(
        _UPDATE_HEALTH,
        (
            uuid_array(list(new)),
            number_array(each.window_start.isoformat() for each in rows),
            *(number_array(each.totals[place] for each in rows) for place in range(3)),
            bytes_array(histograms.encode(each.totals.latency) for each in rows),
            bytes_array(histograms.encode(each.totals.ttft) for each in rows),
            number_array(each.last_outcome_at.isoformat() for each in rows),
            number_array(each.known_until.isoformat() for each in rows),
            number_array(each.breaker.consecutive_failures for each in rows),
            text_array(orjson.dumps(each.breaker.recent).decode() for each in rows),
            *(
                number_array(column)
                for column in zip(*(each.figures for each in rows), strict=True)
            ),
        ),
    )


def _merged(totals: Totals, stored: list[bytes] | None) -> tuple[bytes, bytes]:
    """The encoded histograms of new totals and of what is stored."""
    if stored is None:
        return histograms.encode(totals.latency), histograms.encode(totals.ttft)
    return _with(totals.latency, stored[0]), _with(totals.ttft, stored[1])


def _with(added: Histogram, stored: bytes) -> bytes:
    if not added:
        return stored
    merged = histograms.decode(stored)
    histograms.merge(merged, added)
    return histograms.encode(merged)
