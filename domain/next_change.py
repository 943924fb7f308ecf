"""When an answer changes by time alone: a circuit's end, a price that takes effect, a sunset."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta


def next_change(
    now: datetime, times: Iterable[datetime | None], last_days: Iterable[date | None] = ()
) -> datetime | None:
    """The first time after now at which one of these comes true; None when none does.

    `times` are those from which something holds, and `last_days` those on which something holds
    for the last time: it ends at midnight UTC. None stands for never.
    """
    ends = (_end_of(day) for day in last_days if day is not None and day < date.max)
    later = [at for at in (*times, *ends) if at is not None and at > now]
    return min(later, default=None)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)
