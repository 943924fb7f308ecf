"""The calls of bindings over time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from db.reads import usage
from db.reads.usage import UsagePoint, UsageRange
from db.tables import ProviderBinding
from domain import periods
from domain.periods import HOURS_KEPT, MINUTES_KEPT, POINTS_MAX, UsageStep
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.errors import RequestError
from resolvers.parents import attributes, loaded


async def points(
    info: Info,
    parents: Sequence[ProviderBinding],
    since: Annotated[datetime, describe("The start of the time, inclusive.", name="from")],
    until: Annotated[datetime, describe("The end of the time, exclusive.", name="to")],
    step: Annotated[UsageStep, describe("The length of a point.")],
) -> list[list[UsagePoint]]:
    """The binding's calls over time, by whole steps in UTC: earliest first, at most 1,500.

    There is a point for every step that has a part in the time, also for one without calls, but
    none for a step that has not begun. So the first point may begin before `from`, and the last one
    may end after `to`.

    BAD_USER_INPUT when `from` is not before `to`, for more than 1,500 points, for MINUTE with a
    `from` of more than 48 hours ago, and for a `from` of more than 90 days ago.
    """
    now = datetime.now(UTC)
    wanted = UsageRange(since, until, step)
    _check(wanted, now)
    load = partial(
        usage.of_bindings,
        wanted=wanted._replace(until=min(until, now)),
        attributes=attributes(info),
    )
    return await loaded(info, [row.id for row in parents], load)


def count(arguments: Mapping[str, Any]) -> int:
    """How many points a call with these arguments asks for at most."""
    since, until, step = (arguments[name] for name in ("from", "to", "step"))
    return min(POINTS_MAX, periods.steps_between(since, until, UsageStep(step)))


def _check(wanted: UsageRange, now: datetime) -> None:
    since, until, step = wanted
    if since >= until:
        raise RequestError("from must be before to")
    _check_kept(since, step, now)
    wanted_points = periods.steps_between(since, until, step)
    if wanted_points > POINTS_MAX:
        raise RequestError(
            f"from, to and step ask for {wanted_points} points, and at most {POINTS_MAX} are"
            " allowed: use a longer step, or a shorter time"
        )


def _check_kept(since: datetime, step: UsageStep, now: datetime) -> None:
    oldest = periods.hours_since(now)
    if since < oldest:
        raise RequestError(
            f"from must not be before {_shown(oldest)}, as outcomes are kept for"
            f" {HOURS_KEPT.days} days"
        )
    oldest = periods.minutes_since(now)
    if step is UsageStep.MINUTE and since < oldest:
        hours = MINUTES_KEPT // periods.LENGTHS[UsageStep.HOUR]
        raise RequestError(
            f"with the step MINUTE, from must not be before {_shown(oldest)}, as minutes are kept"
            f" for {hours} hours: use the step HOUR"
        )


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}"
