"""Writes of outcomes: totals per minute, the figures of the window, and circuits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.reader import database_time, driver_connection
from db.writes import circuits, outcome_rows, reporters
from db.writes.outcome_rows import HOURS, MINUTES, Health, NewHealth
from domain import circuits as breakers
from domain import periods
from domain.circuits import Breaker, Calls
from domain.health import COUNTED, FAILURES, HealthRules, WindowTotals, figures, window_start
from domain.histograms import merge
from domain.periods import UsageStep
from domain.problems import NotFound, Problem
from domain.reports import Report
from domain.totals import Period, Totals, by_period
from domain.traffic_enums import Outcome

_MINUTE = timedelta(minutes=1)


class _Window(NamedTuple):
    """The window now, and the time."""

    now: datetime
    start: datetime
    rules: HealthRules


async def record(
    session: AsyncSession,
    reports: Sequence[Report],
    rules: HealthRules,
    reporter: str | None = None,
) -> dict[tuple[str, str], Problem]:
    """Record the reports in a constant number of statements; returns why some were refused.

    The problems are by the reports' paths; the other reports are recorded. A report that names an
    unknown binding is refused, and a rollup of a named reporter that reported the same binding,
    minute and outcome before. Health and circuits of the bindings follow in the same transaction; a
    binding's row in `binding_health` is locked first, in the order of the ids.
    """
    connection = driver_connection(session)
    keys = sorted({report.binding_id for report in reports})
    health = await outcome_rows.lock(connection, keys) if keys else {}
    problems: dict[tuple[str, str], Problem] = {
        report.path: NotFound("the binding does not exist", (*report.path, "binding"))
        for report in reports
        if report.binding_id not in health
    }
    accepted = [report for report in reports if report.path not in problems]
    if reporter is not None:
        problems |= await reporters.claim(connection, reporter, accepted)
        accepted = [report for report in accepted if report.path not in problems]
    if accepted:
        await _record(session, accepted, health, rules)
    return problems


async def _record(
    session: AsyncSession,
    reports: Sequence[Report],
    health: Mapping[UUID, Health],
    rules: HealthRules,
) -> None:
    connection = driver_connection(session)
    of_binding: dict[UUID, list[Report]] = defaultdict(list)
    for report in reports:
        of_binding[report.binding_id].append(report)
    now = await database_time(connection)
    window = _Window(now, window_start(now, rules), rules)
    minutes_since = periods.minutes_since(now)
    minutes = by_period((r for r in reports if r.at >= minutes_since), lambda r: r.minute)
    hours = by_period((r for r in reports if r.at < minutes_since), _hour)
    breakers_before = await circuits.locked(session, list(of_binding))
    totals = await _totals(session, {key: health[key] for key in of_binding}, minutes, window)
    new = {
        key: _health(window, totals[key], health[key], breakers_before.get(key), of_key)
        for key, of_key in of_binding.items()
    }
    if minutes:
        await outcome_rows.store(connection, MINUTES, minutes)
    if hours:
        await outcome_rows.store(connection, HOURS, hours)
    await outcome_rows.update_health(connection, new)
    await circuits.write(
        session,
        {
            key: each.breaker
            for key, each in new.items()
            if _has_changed(breakers_before.get(key, Breaker()), each.breaker)
        },
    )


async def _totals(
    session: AsyncSession,
    health: Mapping[UUID, Health],
    minutes: Mapping[Period, Totals],
    window: _Window,
) -> dict[UUID, WindowTotals]:
    """The totals of the window of each binding, with those that are to be added."""
    moved = [key for key, each in health.items() if each.window_start < window.start]
    days = {window.start, window.now, window.now + _MINUTE}
    slots = {periods.minute_slot(day) for day in days}
    read = await outcome_rows.windows(driver_connection(session), moved, window.start, slots)
    nothing = {key: WindowTotals(0, 0, 0, {}, {}) for key in moved}
    found = {key: each.totals for key, each in health.items()} | nothing | read
    for (key, start), added in minutes.items():
        if start >= max(window.start, health[key].window_start):
            found[key] = _sum(found[key], added)
    return found


def _sum(totals: WindowTotals, added: Totals) -> WindowTotals:
    merge(totals.latency, added.latency)
    merge(totals.ttft, added.ttft)
    return totals._replace(
        succeeded=totals.succeeded + added.calls[Outcome.SUCCESS],
        failed=totals.failed + added.failed,
        rate_limited=totals.rate_limited + added.calls[Outcome.RATE_LIMITED],
    )


def _health(
    window: _Window,
    totals: WindowTotals,
    before: Health,
    stored: Breaker | None,
    reports: Sequence[Report],
) -> NewHealth:
    breaker = (stored or Breaker())._replace(
        consecutive_failures=before.consecutive_failures, recent=before.recent
    )
    last = max(_ended(report, window.now) for report in reports)
    last = max(last, before.last_outcome_at or last)
    return NewHealth(
        max(window.start, before.window_start),
        totals,
        figures(totals, window.rules),
        last,
        last + timedelta(minutes=window.rules.window_minutes),
        breakers.after_calls(breaker, _calls(reports, window.now), window.now),
    )


def _calls(reports: Iterable[Report], now: datetime) -> list[Calls]:
    """The calls that count for the circuit."""
    return [
        Calls(_ended(report, now), report.outcome in FAILURES, report.calls)
        for report in reports
        if report.outcome in COUNTED
    ]


def _ended(report: Report, now: datetime) -> datetime:
    """When the calls of a report had ended; a rollup says their minute."""
    return min(report.at + _MINUTE if report.is_rollup else report.at, now)


def _hour(report: Report) -> datetime:
    return periods.step_start(report.at, UsageStep.HOUR)


def _has_changed(before: Breaker, after: Breaker) -> bool:
    """Whether a circuit has changed, and not only its counts, which are in `binding_health`."""
    without = [each._replace(consecutive_failures=0, recent=()) for each in (before, after)]
    return without[0] != without[1]
