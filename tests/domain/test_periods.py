"""Slots come round before they are needed again, and steps cover a range."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain import periods
from domain.periods import LENGTHS, UsageStep

TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  given by timezones
SPANS = st.timedeltas(timedelta(microseconds=1), timedelta(days=2))


def test_slots_are_numbers_of_days_and_weeks_since_1970() -> None:
    at = datetime(1970, 1, 6, 23, 59, tzinfo=UTC)
    assert (periods.minute_slot(at), periods.hour_slot(at)) == (1, 0)
    assert periods.hour_slot(datetime(1970, 4, 23, tzinfo=UTC)) == 0  # the 17th week begins
    assert periods.hour_slot(datetime(1970, 4, 22, 23, tzinfo=UTC)) == 15


@given(now=TIMES)
def test_a_day_of_minutes_is_moved_a_day_before_its_slot_is_needed(now: datetime) -> None:
    oldest = periods.minutes_since(now) - timedelta(microseconds=1)
    kept = {periods.minute_slot(now - timedelta(hours=hours)) for hours in range(49)}
    assert len(kept) == 3
    assert periods.minute_slot(now + timedelta(days=1)) not in kept
    assert timedelta(hours=48) < now - oldest <= timedelta(hours=49)


@given(now=TIMES)
def test_hours_that_are_kept_never_share_a_slot_with_the_next_week(now: datetime) -> None:
    since = periods.hours_since(now)
    kept = {periods.hour_slot(since + timedelta(days=days)) for days in range(91)}
    assert periods.hour_slot(now + timedelta(days=7)) not in kept


@given(since=TIMES, span=SPANS, step=st.sampled_from(UsageStep))
def test_steps_cover_the_range(since: datetime, span: timedelta, step: UsageStep) -> None:
    until = since + span
    starts = periods.step_starts(since, until, step)
    length = LENGTHS[step]
    assert len(starts) == periods.steps_between(since, until, step)
    assert starts[0] <= since < starts[0] + length
    assert starts[-1] < until <= starts[-1] + length
    assert starts == [starts[0] + length * number for number in range(len(starts))]


def test_an_empty_range_has_no_steps() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert periods.steps_between(now, now, UsageStep.DAY) == 0
