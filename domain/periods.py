"""How long outcomes are kept, in which slots, and the steps of charts. All times are UTC.

Minutes are kept for 48 hours. Then whole hours of them are moved to the hours, which are kept for
90 days. The tables have one partition for each slot (db/tables/outcomes.py): slots come round, and
what is older is dropped with its partition.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

MINUTES_KEPT = timedelta(hours=48)
HOURS_KEPT = timedelta(days=90)
MINUTE_SLOTS = 4  # days: minutes stay for 48 hours, which touch three days, and the next may begin
HOUR_SLOTS = 16  # weeks: hours stay for 90 days, which touch 14 weeks
POINTS_MAX = 1_500  # of a chart: a day has 1,440 minutes

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


class UsageStep(StrEnum):
    """The length of a point of usage.

    - MINUTE: a minute; minutes are kept for 48 hours.
    - HOUR: an hour.
    - DAY: a day, in UTC.
    """

    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"


LENGTHS = {
    UsageStep.MINUTE: timedelta(minutes=1),
    UsageStep.HOUR: timedelta(hours=1),
    UsageStep.DAY: _DAY,
}


def minute_slot(at: datetime) -> int:
    """The slot of a minute: the day's number, modulo MINUTE_SLOTS; day 0 is 1970-01-01."""
    return (at - EPOCH) // _DAY % MINUTE_SLOTS


def hour_slot(at: datetime) -> int:
    """The slot of an hour: the number of its seven days since 1970-01-01, modulo HOUR_SLOTS."""
    return (at - EPOCH) // _WEEK % HOUR_SLOTS


def minutes_since(now: datetime) -> datetime:
    """From when on minutes are kept: a whole hour; older outcomes are in the hours."""
    return step_start(now - MINUTES_KEPT, UsageStep.HOUR)


def hours_since(now: datetime) -> datetime:
    """From when on hours are kept."""
    return step_start(now - HOURS_KEPT, UsageStep.HOUR)


def step_start(at: datetime, step: UsageStep) -> datetime:
    """The start of the step that contains a time."""
    return at - (at - EPOCH) % LENGTHS[step]


def step_starts(since: datetime, until: datetime, step: UsageStep) -> list[datetime]:
    """The starts of all steps that have a part in the time from `since` to before `until`."""
    first, length = step_start(since, step), LENGTHS[step]
    return [first + length * number for number in range(steps_between(since, until, step))]


def steps_between(since: datetime, until: datetime, step: UsageStep) -> int:
    """How many steps have a part in the time from `since` to before `until`; 0 if it is empty."""
    if since >= until:
        return 0
    return -((step_start(since, step) - until) // LENGTHS[step])
