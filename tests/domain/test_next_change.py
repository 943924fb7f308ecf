"""The next time at which an answer changes by itself."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.next_change import next_change

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("times", "last_days", "expected"),
    [
        ([], [], None),
        ([None, NOW, NOW - SECOND], [None], None),
        ([NOW + 2 * SECOND, None, NOW + SECOND], [], NOW + SECOND),
        ([], [date(2026, 1, 31)], datetime(2026, 2, 1, tzinfo=UTC)),  # its last day is today
        ([], [date(2026, 1, 30)], None),  # it has ended already
        ([], [date(2026, 2, 3), date(2026, 2, 2)], datetime(2026, 2, 3, tzinfo=UTC)),
        ([NOW + SECOND], [date(2026, 1, 31)], NOW + SECOND),
        ([datetime(2026, 2, 2, tzinfo=UTC)], [date(2026, 1, 31)], datetime(2026, 2, 1, tzinfo=UTC)),
        ([], [date.max], None),
        ([], [date(9999, 12, 30)], datetime(9999, 12, 31, tzinfo=UTC)),
    ],
)
def test_the_first_time_after_now(
    times: list[datetime | None], last_days: list[date | None], expected: datetime | None
) -> None:
    assert next_change(NOW, times, last_days) == expected


@given(
    st.lists(st.datetimes(timezones=st.just(UTC))),
    st.lists(st.dates()),
    st.datetimes(timezones=st.just(UTC)),
)
def test_nothing_changes_before_it(
    times: list[datetime], last_days: list[date], now: datetime
) -> None:
    at = next_change(now, times, last_days)
    before = (at or datetime.max.replace(tzinfo=UTC)) - timedelta(microseconds=1)
    assert at is None or at > now
    for one in times:
        assert one <= now or one > before
    for day in last_days:
        assert (now.date() <= day) == (before.date() <= day) or day == date.max
