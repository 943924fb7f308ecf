"""The calls of bindings over time, for charts."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query
from db.reads.keyset import among
from db.tables import OutcomeHour, OutcomeMinute
from domain import histograms, periods
from domain.health import FAILURES
from domain.histograms import Histogram
from domain.periods import UsageStep
from domain.traffic_enums import Outcome

_CALLS = [outcome.value.lower() for outcome in Outcome]  # the columns that count calls
_FAILED = [outcome.value.lower() for outcome in Outcome if outcome in FAILURES]
_COUNTS = ("calls", "succeeded", "failed", "rate_limited")
_SUMS = ("input_tokens", "output_tokens", "cost_usd", "latency_ms_sum")
_COLUMNS = (*_COUNTS, *_SUMS, "latencies")  # the last one has encoded histograms
_NEEDS = {
    "latency_ms_mean": ("latency_ms_sum", "latencies"),
    "latency_ms_p50": ("latencies",),
    "latency_ms_p95": ("latencies",),
    "latency_ms_p99": ("latencies",),
}  # of the attributes of a point; others are columns themselves
_SHARES = (0.5, 0.95, 0.99)
_MERGED_AT_ONCE_MAX = 200  # points with histograms; more take milliseconds, and a thread
_ROWS_OF_A_FAST_STATEMENT = 2_000


class UsagePoint(NamedTuple):
    """The calls of a binding in one step, which begins at `at`; None is unknown."""

    at: datetime
    calls: int = 0
    succeeded: int = 0
    failed: int = 0
    rate_limited: int = 0
    latency_ms_mean: float | None = None
    latency_ms_p50: float | None = None
    latency_ms_p95: float | None = None
    latency_ms_p99: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = None


class UsageRange(NamedTuple):
    """The steps that have a part in the time from `since` to before `until`."""

    since: datetime
    until: datetime
    step: UsageStep


async def of_bindings(
    source: Source,
    binding_ids: Sequence[UUID],
    wanted: UsageRange,
    attributes: frozenset[str] | None = None,
) -> dict[UUID, list[UsagePoint]]:
    """Each binding's points, one for each step of the range, also for those without calls.

    One statement, so that it reads one snapshot: no call is missing or counted twice while minutes
    are moved to hours. `attributes` are those of the points that are needed.
    """
    starts = periods.step_starts(*wanted)
    if not starts:
        return {key: [] for key in binding_ids}
    columns = _columns(attributes)
    query = Query(
        ("usage", wanted.step, columns),
        lambda: _select(wanted.step, columns),
        _parameters(starts, wanted.step),
        is_slow=len(starts) * len(binding_ids) > _ROWS_OF_A_FAST_STATEMENT,
    )
    found = await reader.rows_by_key(source, query, binding_ids)
    work = partial(_points, binding_ids, found, starts, columns)
    if "latencies" in columns and sum(map(len, found.values())) > _MERGED_AT_ONCE_MAX:
        return await asyncio.to_thread(work)
    return work()


def _columns(attributes: frozenset[str] | None) -> tuple[str, ...]:
    if attributes is None:
        return _COLUMNS
    needed = {name for each in attributes for name in _NEEDS.get(each, (each,))}
    return tuple(name for name in _COLUMNS if name in needed)


def _parameters(starts: Sequence[datetime], step: UsageStep) -> dict[str, Any]:
    until = starts[-1] + periods.LENGTHS[step]
    days = periods.step_starts(starts[0], until, UsageStep.DAY)
    values: dict[str, Any] = {"since": starts[0], "until": until}
    values["minute_slots"] = sorted(set(map(periods.minute_slot, days)))
    if step is not UsageStep.MINUTE:
        values["hour_slots"] = sorted(set(map(periods.hour_slot, days)))
    return values


def _select(step: UsageStep, columns: Sequence[str]) -> sa.Select[Any]:
    """The binding, the start of the point, and the columns."""
    minutes = _rows_of(OutcomeMinute, "minute_slots")
    if step is UsageStep.MINUTE:  # a row is a point
        of = minutes.subquery("rows").c
        each = _of_row(of)
        at = of.starts_at
    else:
        of = sa.union_all(minutes, _rows_of(OutcomeHour, "hour_slots")).subquery("rows").c
        each = {name: _of_rows(column) for name, column in _of_row(of).items()}
        at = sa.func.date_bin(periods.LENGTHS[step], of.starts_at, periods.EPOCH)
    statement = sa.select(
        of.binding_id.label("parent"),
        at.label("at"),
        *(each[name].label(name) for name in columns),
    )
    return statement if step is UsageStep.MINUTE else statement.group_by(of.binding_id, at)


def _rows_of(table: Any, slots: str) -> Any:
    since, until = (sa.bindparam(name, type_=table.starts_at.type) for name in ("since", "until"))
    return sa.select(table).where(
        among(col(table.binding_id), sa.bindparam("keys")),
        among(col(table.slot), sa.bindparam(slots)),
        col(table.starts_at) >= since,
        col(table.starts_at) < until,
    )


def _of_row(of: Any) -> dict[str, Any]:
    return {
        "calls": _total(of, _CALLS),
        "succeeded": of.success,
        "failed": _total(of, _FAILED),
        "rate_limited": of.rate_limited,
        **{name: of[name] for name in _SUMS},
        "latencies": of.latency,
    }


def _total(of: Any, names: Iterable[str]) -> Any:
    first, *others = (of[name] for name in names)
    return sum(others, first)


def _of_rows(column: Any) -> Any:
    """The sum of a column over several rows; of histograms, an array."""
    if isinstance(column.type, sa.LargeBinary):
        return sa.func.array_agg(column)
    total = sa.func.sum(column)
    if not isinstance(column.type, sa.BigInteger):
        return total
    # psycopg reads it ten times as fast as a NUMERIC, which the sum is
    return sa.cast(sa.func.least(total, sa.literal(2**63 - 1, sa.Numeric())), sa.BigInteger)


def _points(
    binding_ids: Sequence[UUID],
    found: Mapping[UUID, list[Any]],
    starts: Sequence[datetime],
    columns: Sequence[str],
) -> dict[UUID, list[UsagePoint]]:
    without_calls = [UsagePoint(start) for start in starts]
    result = {}
    for key in binding_ids:
        with_calls = {
            row.at: _point(row.at, dict(zip(columns, row[2:], strict=True)))
            for row in found.get(key, ())
        }
        result[key] = [with_calls.get(point.at, point) for point in without_calls]
    return result


def _point(at: datetime, values: dict[str, Any]) -> UsagePoint:
    encoded = values.pop("latencies", ())
    latency: Histogram = {}
    for each in (encoded,) if isinstance(encoded, bytes) else encoded:
        histograms.merge(latency, histograms.decode(each))
    measured, ms_sum = sum(latency.values()), values.pop("latency_ms_sum", 0)
    p50, p95, p99 = histograms.percentiles(latency, _SHARES)
    return UsagePoint(
        at.astimezone(UTC),
        latency_ms_mean=ms_sum / measured if measured else None,
        latency_ms_p50=p50,
        latency_ms_p95=p95,
        latency_ms_p99=p99,
        **values,
    )
