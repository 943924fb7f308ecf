"""A circuit opens and closes as calls and operators say; the clock ends OPEN."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import circuits
from domain.circuits import Breaker, Calls
from domain.rules import INT_MAX
from domain.traffic_enums import CircuitState

NOW = datetime(2026, 5, 4, 12, 0, 30, tzinfo=UTC)
NEW = Breaker()
MOMENTS = st.lists(
    st.builds(
        Calls,
        st.integers(-90, 10).map(lambda seconds: NOW + timedelta(seconds=seconds)),
        st.booleans(),
        st.integers(0, 20),
    ),
    max_size=20,
)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def after(breaker: Breaker, *calls: Calls, now: datetime = NOW) -> Breaker:
    return circuits.after_calls(breaker, calls, now)


def opened(*, openings: int = 0, now: datetime = NOW) -> Breaker:
    return after(NEW._replace(openings=openings), Calls(now, failed=True, number=5), now=now)


def half_open() -> tuple[Breaker, datetime]:
    """A circuit, and the time at which it becomes HALF_OPEN."""
    breaker = opened()
    assert breaker.open_until is not None
    return breaker, breaker.open_until


def test_the_fifth_failure_in_a_row_opens_it_for_30_seconds() -> None:
    four = after(NEW, *(Calls(ago(5 - n), failed=True) for n in range(4)))
    assert (four.state, four.consecutive_failures) == (CircuitState.CLOSED, 4)
    five = after(four, Calls(NOW, failed=True))
    assert five == Breaker(
        state=CircuitState.OPEN,
        open_until=NOW + timedelta(seconds=30),
        reason="5 calls in a row failed",
        openings=1,
        changed_at=NOW,
        consecutive_failures=5,
    )


def test_a_success_ends_the_row() -> None:
    four = after(NEW, Calls(ago(9), failed=False, number=20), Calls(ago(8), failed=True, number=4))
    both = after(four, Calls(ago(7), failed=False), Calls(ago(6), failed=True, number=4))
    assert (both.state, both.consecutive_failures) == (CircuitState.CLOSED, 4)


def test_more_than_half_failed_calls_of_the_last_minute_open_it() -> None:
    calls = [Calls(ago(50 - n), failed=n % 2 == 0) for n in range(6)]
    half = after(NEW, Calls(ago(51), failed=False), *calls[:5])
    assert half.state is CircuitState.CLOSED
    more = after(NEW, *calls[:5])
    assert (more.state, more.reason) == (
        CircuitState.OPEN,
        "3 of 5 calls in the last minute failed",
    )


def test_calls_leave_the_window_after_a_minute() -> None:
    three = after(NEW, Calls(NOW, failed=True, number=3), Calls(ago(0.5), failed=False))
    later = NOW + timedelta(seconds=71)
    last = after(three, Calls(later, failed=False), now=later)
    assert (last.state, [slot[1:] for slot in last.recent]) == (CircuitState.CLOSED, [(1, 0)])


def test_calls_that_are_a_minute_old_do_not_count() -> None:
    assert after(NEW, Calls(ago(60), failed=True, number=100)) == NEW


def test_a_minute_with_few_failures_among_its_calls_does_not_open_it() -> None:
    rollup = (Calls(NOW, failed=True, number=40), Calls(NOW, failed=False, number=960))
    assert after(NEW, *rollup).state is CircuitState.CLOSED


def test_a_burst_of_failures_opens_it_once() -> None:
    burst = after(NEW, *(Calls(ago(n / 100), failed=True) for n in range(1_000)))
    assert (burst.state, burst.openings, burst.consecutive_failures) == (CircuitState.OPEN, 1, 5)
    assert after(burst, Calls(NOW, failed=True, number=1_000)) == burst


@pytest.mark.parametrize(
    ("openings", "seconds"), [(0, 30), (1, 60), (2, 120), (4, 480), (5, 900), (INT_MAX, 900)]
)
def test_it_is_open_twice_as_long_each_time(openings: int, seconds: int) -> None:
    breaker = opened(openings=openings)
    assert breaker.open_until == NOW + timedelta(seconds=seconds)
    assert breaker.openings == min(openings + 1, INT_MAX)


def test_the_clock_makes_it_half_open() -> None:
    breaker, end = half_open()
    assert circuits.state_at(breaker, end - timedelta(microseconds=1)) is CircuitState.OPEN
    assert circuits.state_at(breaker, end) is CircuitState.HALF_OPEN


def test_no_call_changes_an_open_circuit() -> None:
    breaker, end = half_open()
    before_end = end - timedelta(seconds=1)
    assert after(breaker, Calls(before_end, failed=False), now=before_end) == breaker


def test_calls_from_before_its_end_do_not_change_a_half_open_circuit() -> None:
    breaker, end = half_open()
    late = Calls(end - timedelta(seconds=6), failed=True)
    assert after(breaker, late, now=end) == breaker


@pytest.mark.parametrize("skew_s", [-5, 0, 5])
def test_the_first_success_closes_a_half_open_circuit_whatever_its_clock(skew_s: int) -> None:
    breaker, end = half_open()
    call = Calls(end + timedelta(seconds=skew_s), failed=False, number=3)
    assert after(breaker, call, now=end) == Breaker(changed_at=end)


@pytest.mark.parametrize("skew_s", [-5, 0, 5])
def test_the_first_failure_opens_a_half_open_circuit_again(skew_s: int) -> None:
    breaker, end = half_open()
    call = Calls(end + timedelta(seconds=skew_s), failed=True)
    again = after(breaker, call, call, now=end)
    assert (again.state, again.openings, again.reason) == (
        CircuitState.OPEN,
        2,
        "a trial call failed",
    )
    assert again.open_until == end + timedelta(seconds=60)


def test_late_failures_do_not_open_a_closed_circuit_again() -> None:
    breaker, end = half_open()
    closed = after(breaker, Calls(end, failed=False), now=end)
    late = Calls(end - timedelta(seconds=6), failed=True, number=50)
    assert after(closed, late, now=end + timedelta(seconds=1)) == closed


@pytest.mark.parametrize("until", [None, NOW + timedelta(seconds=1)])
def test_failures_from_before_do_not_undo_what_an_operator_closed(until: datetime | None) -> None:
    closed, later = circuits.closed_by_operator(until, "repaired", NOW), NOW + timedelta(seconds=2)
    assert after(closed, Calls(ago(0.001), failed=True, number=50), now=later) == closed
    assert after(closed, Calls(NOW, failed=True, number=5), now=later).openings == 1


@pytest.mark.parametrize("failed", [False, True])
def test_calls_from_before_do_not_end_what_an_operator_opened(failed: bool) -> None:
    end = NOW + timedelta(seconds=9)
    held = circuits.opened_by_operator(NEW, end, "maintenance", NOW)
    assert after(held, Calls(end - timedelta(seconds=3), failed=failed), now=end) == held


@pytest.mark.parametrize("failed", [False, True])
def test_calls_from_before_it_was_half_open_do_not_end_a_trial(failed: bool) -> None:
    breaker, end = half_open()
    claimed, later = circuits.with_trial(breaker, end), end + timedelta(seconds=1)
    assert claimed is not None
    assert after(claimed, Calls(end - timedelta(seconds=3), failed=failed), now=later) == claimed
    assert after(claimed, Calls(end, failed=failed), now=later).trial_until is None


def test_a_call_of_a_slow_clock_counts_after_a_success() -> None:
    breaker, end = half_open()
    closed = after(breaker, Calls(end, failed=False), now=end)
    slow = Calls(end - timedelta(seconds=5), failed=True, number=5)
    assert after(closed, slow, now=end + timedelta(seconds=1)).openings == 1


def test_one_trial_is_claimed_and_free_again_after_30_seconds() -> None:
    breaker, end = half_open()
    claimed = circuits.with_trial(breaker, end)
    assert claimed is not None
    assert (claimed.state, claimed.trial_until) == (
        CircuitState.HALF_OPEN,
        end + timedelta(seconds=30),
    )
    assert circuits.trial_taken(claimed, end + timedelta(seconds=29))
    assert circuits.with_trial(claimed, end + timedelta(seconds=29)) is None
    assert not circuits.trial_taken(claimed, end + timedelta(seconds=30))
    assert circuits.with_trial(claimed, end + timedelta(seconds=30)) is not None


@pytest.mark.parametrize("breaker", [NEW, opened()])
def test_only_a_half_open_circuit_has_a_trial(breaker: Breaker) -> None:
    assert circuits.with_trial(breaker, NOW) is None
    assert not circuits.trial_taken(breaker, NOW)


def test_an_outcome_ends_the_trial() -> None:
    breaker, end = half_open()
    claimed = circuits.with_trial(breaker, end)
    assert claimed is not None
    for failed in (True, False):
        ended = after(claimed, Calls(end, failed=failed), now=end)
        assert ended.trial_until is None


def test_an_operator_opens_it_until_a_time() -> None:
    end = NOW + timedelta(hours=2)
    held = circuits.opened_by_operator(NEW, end, "maintenance", NOW)
    assert (held.open_until, held.held_until, held.reason) == (end, end, "maintenance")
    assert after(held, Calls(NOW, failed=False)) == held
    assert circuits.state_at(held, end) is CircuitState.HALF_OPEN
    closed = after(held, Calls(end, failed=False), now=end)
    assert closed == Breaker(changed_at=end)


def test_an_operators_opening_without_a_time_stays() -> None:
    held = circuits.opened_by_operator(NEW, None, "broken", NOW)
    later = NOW + timedelta(days=400)
    assert circuits.state_at(held, later) is CircuitState.OPEN
    assert after(held, Calls(later, failed=False), now=later) == held
    assert circuits.with_trial(held, later) is None


def test_an_operator_takes_a_claimed_trial_away() -> None:
    breaker, end = half_open()
    claimed = circuits.with_trial(breaker, end)
    assert claimed is not None
    held = circuits.opened_by_operator(claimed, end + timedelta(hours=1), "no", end)
    assert (held.state, held.trial_until) == (CircuitState.OPEN, None)


def test_no_failure_opens_a_circuit_that_an_operator_holds_closed() -> None:
    end = NOW + timedelta(seconds=40)
    held = circuits.closed_by_operator(end, "the alarm is wrong", NOW)
    failed = after(held, Calls(NOW, failed=True, number=100))
    assert (failed.state, failed.consecutive_failures) == (CircuitState.CLOSED, 100)
    assert after(failed, Calls(end, failed=True), now=end).state is CircuitState.OPEN


def test_an_operator_closes_it_and_calls_open_it_again() -> None:
    closed = circuits.closed_by_operator(None, "repaired", NOW)
    assert closed == Breaker(reason="repaired", changed_at=NOW)
    assert after(closed, Calls(NOW, failed=True, number=4)).state is CircuitState.CLOSED
    assert after(closed, Calls(NOW, failed=True, number=5)).openings == 1


@given(calls=MOMENTS, data=st.data())
def test_the_order_of_a_report_does_not_matter(calls: list[Calls], data: st.DataObject) -> None:
    assert after(NEW, *data.draw(st.permutations(calls))) == after(NEW, *calls)


@given(reports=st.lists(MOMENTS, max_size=8))
def test_counts_are_bounded_whatever_is_reported(reports: list[list[Calls]]) -> None:
    breaker = circuits.closed_by_operator(NOW + timedelta(days=1), "held", ago(3600))
    for n, calls in enumerate(reports):
        breaker = after(breaker, *calls, now=NOW + timedelta(seconds=n))
        assert len(breaker.recent) <= 7
        assert all(0 <= failed <= counted for _, counted, failed in breaker.recent)


def test_counts_do_not_overflow() -> None:
    held = circuits.closed_by_operator(NOW + timedelta(days=1), "held", ago(3600))
    many = Calls(NOW, failed=True, number=INT_MAX)
    assert after(after(held, many), many).consecutive_failures == INT_MAX
