"""The circuit breaker of a binding: which calls change it, and how.

Times are UTC, and `now` is the database's clock, so that all gateways and servers agree. Nothing
has to write that OPEN ends: whoever reads compares `open_until` with the clock.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from domain.rules import INT_MAX
from domain.traffic_enums import CircuitState

FAILURES_IN_A_ROW = 5  # open it
CALLS_MIN = 5  # in the window, before the share of failed ones can open it
WINDOW = timedelta(minutes=1)  # in which calls are counted; older ones change no circuit
OPEN_FIRST = timedelta(seconds=30)  # doubles with each opening that no success came between
OPEN_MAX = timedelta(minutes=15)
TRIAL = timedelta(seconds=30)  # how long a claimed trial keeps others away if nobody reports of it
SKEW = timedelta(seconds=5)  # how far a gateway's clock may be behind the database's
HELD_MAX = timedelta(days=365)  # how far ahead an operator's `until` can be

_SLOT_S = 10
_WINDOW_SLOTS = int(WINDOW.total_seconds()) // _SLOT_S


class Calls(NamedTuple):
    """Calls that ended at one time and count: all of them succeeded, or all of them failed."""

    at: datetime
    failed: bool
    number: int = 1


class Breaker(NamedTuple):
    """A circuit as it is stored, with what it counts; the default is one that never changed.

    An OPEN one without `open_until` stays OPEN until an operator closes it. `held_until` is set by
    operators only. `recent` has [slot, counted, failed] for the slots of 10 seconds of the last
    minute in which calls ended; the slot is the number of 10 seconds since 1970.
    """

    state: CircuitState = CircuitState.CLOSED
    open_until: datetime | None = None
    trial_until: datetime | None = None
    held_until: datetime | None = None
    reason: str | None = None
    openings: int = 0
    changed_at: datetime | None = None
    consecutive_failures: int = 0
    recent: Sequence[Sequence[int]] = ()


def state_at(breaker: Breaker, now: datetime) -> CircuitState:
    """The state at a time: an OPEN circuit is HALF_OPEN from `open_until` on."""
    ends_at = breaker.open_until if breaker.state is CircuitState.OPEN else None
    return breaker.state if ends_at is None or ends_at > now else CircuitState.HALF_OPEN


def trial_taken(breaker: Breaker, now: datetime) -> bool:
    """Whether the trial of a HALF_OPEN circuit is claimed now."""
    is_half_open = state_at(breaker, now) is CircuitState.HALF_OPEN
    return is_half_open and breaker.trial_until is not None and breaker.trial_until > now


def after_calls(breaker: Breaker, calls: Iterable[Calls], now: datetime) -> Breaker:
    """The circuit after calls that were reported now, in any order.

    They count in the order of their times. Those of one time count together, for their order is not
    known; so do the calls of a rollup. A time that is ahead of the clock is taken for now. Calls
    that are older than a minute change nothing, nor do those from before the circuit's last change,
    and nothing changes an OPEN circuit but the clock and an operator.
    """
    for at, failed, succeeded in _moments(calls, now):
        state = state_at(breaker, now)
        if state is CircuitState.OPEN:
            break
        if at < _counts_from(breaker, state):
            continue
        after = _half_open_after if state is CircuitState.HALF_OPEN else _closed_after
        breaker = after(breaker, at, failed, succeeded, now)
    return breaker


def with_trial(breaker: Breaker, now: datetime) -> Breaker | None:
    """The circuit with its trial claimed; None unless it is HALF_OPEN and the trial is free."""
    if state_at(breaker, now) is not CircuitState.HALF_OPEN or trial_taken(breaker, now):
        return None
    return breaker._replace(
        state=CircuitState.HALF_OPEN, trial_until=now + TRIAL, held_until=None, changed_at=now
    )


def opened_by_operator(
    breaker: Breaker, until: datetime | None, reason: str, now: datetime
) -> Breaker:
    """The circuit OPEN until a time; without one, until an operator closes it."""
    return breaker._replace(
        state=CircuitState.OPEN,
        open_until=until,
        trial_until=None,
        held_until=until,
        reason=reason,
        changed_at=now,
        recent=(),
    )


def closed_by_operator(until: datetime | None, reason: str, now: datetime) -> Breaker:
    """The circuit CLOSED now; no calls open it before `until`."""
    return Breaker(held_until=until, reason=reason, changed_at=now)


def _moments(calls: Iterable[Calls], now: datetime) -> list[tuple[datetime, int, int]]:
    """The calls of the window as (time, failed, succeeded), sorted by time."""
    failed: dict[datetime, int] = {}
    succeeded: dict[datetime, int] = {}
    for call in calls:
        if call.at > now - WINDOW and call.number > 0:
            counts, at = failed if call.failed else succeeded, min(call.at, now)
            counts[at] = counts.get(at, 0) + call.number
    times = sorted(failed.keys() | succeeded.keys())
    return [(at, failed.get(at, 0), succeeded.get(at, 0)) for at in times]


def _counts_from(breaker: Breaker, state: CircuitState) -> datetime:
    """From when on calls count: since it is HALF_OPEN, or was closed.

    Less what a gateway's clock may lag, unless an operator has set that or a trial was claimed: an
    older call must not undo either.
    """
    if state is CircuitState.HALF_OPEN:
        since, by_hand = breaker.open_until, breaker.held_until is not None
    else:  # a success closes it without a reason
        since, by_hand = breaker.changed_at, breaker.reason is not None
    if since is None:
        return datetime.min.replace(tzinfo=UTC)
    return since if by_hand or breaker.trial_until is not None else since - SKEW


def _half_open_after(
    breaker: Breaker, at: datetime, failed: int, succeeded: int, now: datetime
) -> Breaker:
    if not failed:
        return Breaker(changed_at=now)
    failures = min(breaker.consecutive_failures + failed, INT_MAX)
    return _opened(breaker._replace(consecutive_failures=failures), "a trial call failed", now)


def _closed_after(
    breaker: Breaker, at: datetime, failed: int, succeeded: int, now: datetime
) -> Breaker:
    breaker = breaker._replace(
        consecutive_failures=(
            0 if succeeded else min(breaker.consecutive_failures + failed, INT_MAX)
        ),
        recent=_counted(breaker.recent, at, failed, succeeded, now),
    )
    if breaker.held_until is not None and breaker.held_until > now:
        return breaker
    reason = _reason_to_open(breaker)
    return breaker if reason is None else _opened(breaker, reason, now)


def _reason_to_open(breaker: Breaker) -> str | None:
    counted = sum(slot[1] for slot in breaker.recent)
    failed = sum(slot[2] for slot in breaker.recent)
    if breaker.consecutive_failures >= FAILURES_IN_A_ROW:
        return f"{breaker.consecutive_failures} calls in a row failed"
    if counted >= CALLS_MIN and failed * 2 > counted:
        return f"{failed} of {counted} calls in the last minute failed"
    return None


def _opened(breaker: Breaker, reason: str, now: datetime) -> Breaker:
    open_for = min(OPEN_FIRST * 2 ** min(breaker.openings, 16), OPEN_MAX)
    return breaker._replace(
        state=CircuitState.OPEN,
        open_until=now + open_for,
        trial_until=None,
        held_until=None,
        reason=reason,
        openings=min(breaker.openings + 1, INT_MAX),
        changed_at=now,
        recent=(),
    )


def _counted(
    recent: Sequence[Sequence[int]], at: datetime, failed: int, succeeded: int, now: datetime
) -> Sequence[Sequence[int]]:
    """The slots of the window with these calls; it begins with the slot that is a minute old."""
    of, last = _slot(at), _slot(now)
    slots = {
        slot: (counted, failures)
        for slot, counted, failures in recent
        if last - _WINDOW_SLOTS <= slot <= last
    }
    counted, failures = slots.get(of, (0, 0))
    slots[of] = (counted + failed + succeeded, failures + failed)
    return tuple((slot, *slots[slot]) for slot in sorted(slots))


def _slot(at: datetime) -> int:
    return int(at.timestamp()) // _SLOT_S
