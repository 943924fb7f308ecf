"""The mutation reportOutcomes."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import orjson

from db.writes import outcomes
from domain.problems import (
    USER_ERRORS_MAX,
    AlreadyExists,
    Invalid,
    NotFound,
    Problem,
    Refused,
    RefusedInPart,
    UserErrorCode,
)
from domain.reports import REPORTS_MAX, wrong_reporter
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.writing import canonical, outcome_inputs
from resolvers.writing.outcome_inputs import ReportOutcomesInput
from resolvers.writing.transaction import refuse_if_any, write

_PROBLEMS: dict[str, Any] = {
    UserErrorCode.INVALID: Invalid,
    UserErrorCode.NOT_FOUND: NotFound,
    UserErrorCode.ALREADY_EXISTS: AlreadyExists,
}


class Reported(NamedTuple):
    """How many items and rollups were recorded, and how many were not."""

    accepted: int
    rejected: int


async def report(
    info: Info, input: Annotated[ReportOutcomesInput, describe("The outcomes.")]
) -> Reported:
    """Report how calls to providers ended, so that health, circuits and usage follow.

    Each item and each rollup is recorded or refused alone; those that are refused are in userErrors
    with their place in path. All that is recorded is recorded in one transaction. Latencies of a
    SUCCESS only are used. A call that is refused as a whole records nothing.
    """
    try:
        refuse_if_any(input, _problems(input))
        reported, problems = await _write(info, input)
    except Refused as refusal:
        reported, problems = Reported(0, _size(input)), refusal.problems
        info.context.service.outcomes["refused"] += reported.rejected
    if problems:
        raise RefusedInPart(reported, problems)
    return reported


async def _write(info: Info, input: ReportOutcomesInput) -> tuple[Reported, Sequence[Problem]]:
    rules = info.context.service.health_rules
    attempt: tuple[int, int, str] | None = None  # the last one, which a repeated call has not
    calls = 0

    async def record(session: Any) -> tuple[int, int, str]:
        nonlocal attempt, calls
        reports, invalid = outcome_inputs.read(input, datetime.now(UTC))
        refused = await outcomes.record(session, reports, rules, input.reporter)
        problems = sorted([*invalid, *refused.values()], key=_place)
        rejected = len({problem.path[:2] for problem in problems})
        calls = sum(each.calls for each in reports if each.path not in refused)
        attempt = _size(input) - rejected, rejected, _stored(problems[:USER_ERRORS_MAX])
        return attempt

    result = await write(info, input, record, digest=canonical.digest_of_numbers)
    accepted, rejected, stored = result
    if result is attempt:  # it is committed now, and no call before has recorded it
        counts = info.context.service.outcomes
        counts.update(reports=accepted, calls=calls, refused=rejected)
    return Reported(accepted, rejected), _recalled(stored)


def _problems(input: ReportOutcomesInput) -> Iterable[Problem]:
    """Why the whole call is refused."""
    if _size(input) > REPORTS_MAX:
        text = f"has {_size(input)} items and rollups; at most {REPORTS_MAX} are allowed"
        yield Invalid(f"the call {text}", code=UserErrorCode.LIMIT_EXCEEDED)
    if input.reporter is not None and (message := wrong_reporter(input.reporter)):
        yield Invalid(f"reporter {message}", ("reporter",))


def _size(input: ReportOutcomesInput) -> int:
    return len(input.items or ()) + len(input.rollups or ())


def _place(problem: Problem) -> tuple[str, int]:
    name, index, *_ = problem.path
    return name, int(index)


def _stored(problems: Iterable[Problem]) -> str:
    """The problems as text, to be kept with an idempotency key."""
    return orjson.dumps([[each.code, each.message, each.path] for each in problems]).decode()  # type: ignore[attr-defined]  # each kind has one


def _recalled(stored: str) -> list[Problem]:
    return [_PROBLEMS[code](message, tuple(path)) for code, message, path in orjson.loads(stored)]
