"""Reports of calls: what a caller of `reportOutcomes` says of one call, or of many in a minute."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from operator import mul
from typing import NamedTuple
from uuid import UUID

from domain.health import minute_of
from domain.histograms import LATENCY_MS_MAX, Histogram
from domain.problems import AlreadyExists, Invalid, Problem
from domain.traffic_enums import Outcome

REPORTS_MAX = 1_000  # in a batch
REPORTER_LENGTH_MAX = 100
AGE_MAX = timedelta(days=7)
SKEW_MAX = timedelta(seconds=60)  # that a reporter's clock may be ahead
TOKENS_MAX = 10**12  # of one report: some million of them fit into a total of 64 bits

_NO_CALLS: Histogram = {}
_ROUNDED = 0.001  # of a sum
_AGE = f"more than {AGE_MAX.days} days ago"
_SKEW = f"more than {SKEW_MAX.seconds} seconds in the future"


class Report(NamedTuple):
    """Calls of one binding with one outcome: one call at `at`, or `calls` in the minute `at`.

    Times are in milliseconds; the histograms and their sums are those of successes only.
    """

    path: tuple[str, str]  # such as ("rollups", "3")
    binding_id: UUID
    at: datetime
    outcome: Outcome
    calls: int = 1
    is_rollup: bool = False
    latency: Histogram = _NO_CALLS
    latency_ms_sum: float = 0
    ttft: Histogram = _NO_CALLS
    ttft_ms_sum: float = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = None

    @property
    def minute(self) -> datetime:
        """The minute in which the calls were made."""
        return minute_of(self.at)


def wrong_time(at: datetime, now: datetime) -> str | None:
    """What is wrong with the time of a report."""
    if at > now + SKEW_MAX:
        return f"is {_SKEW}"
    return f"is {_AGE}" if at < now - AGE_MAX else None


def wrong_minute(minute: datetime, now: datetime) -> str | None:
    """What is wrong with the minute of a rollup."""
    if minute.second or minute.microsecond:
        return "must be the start of a minute, without seconds"
    return wrong_time(minute, now)


def wrong_latency(ms: float) -> str | None:
    """What is wrong with the latency of a call."""
    if 0 < ms <= LATENCY_MS_MAX:
        return None
    return f"must be above 0 and at most {LATENCY_MS_MAX} ms"


def wrong_tokens(tokens: int) -> str | None:
    """What is wrong with a number of tokens."""
    return None if 0 <= tokens <= TOKENS_MAX else f"must be from 0 to {TOKENS_MAX}"


def wrong_sum(ms: float, bounds: Sequence[float], counts: Sequence[int]) -> str | None:
    """What is wrong with the sum of the latencies that a histogram with upper bounds counts.

    It lies between the sums of the lower and of the upper bounds, and a thousandth beside them, as
    a sum may have been rounded. A latency is above 0 and at most `LATENCY_MS_MAX`.
    """
    ends = [0, *(min(max(bound, 0), LATENCY_MS_MAX) for bound in bounds), LATENCY_MS_MAX]
    least, most = sum(map(mul, ends, counts)), sum(map(mul, ends[1:], counts))
    if least * (1 - _ROUNDED) <= ms <= most * (1 + _ROUNDED):
        return None
    return f"must be from {least:.10g} to {most:.10g} ms, by bounds and counts"


def wrong_reporter(name: str) -> str | None:
    """What is wrong with the name of a reporter."""
    if not name.strip():
        return "must not be blank"
    if len(name) > REPORTER_LENGTH_MAX or not name.isprintable():
        return f"must be 1 to {REPORTER_LENGTH_MAX} printable characters"
    return None


def repeated(reports: list[Report]) -> Iterator[tuple[tuple[str, str], Problem]]:
    """The paths of the rollups with the binding, minute and outcome of an earlier one, and why."""
    first: dict[tuple[UUID, datetime, Outcome], Report] = {}
    for report in reports:
        if not report.is_rollup:
            continue
        other = first.setdefault((report.binding_id, report.at, report.outcome), report)
        if other is not report:
            text = f"{'.'.join(other.path)} has the same binding, minute and outcome"
            yield report.path, AlreadyExists(text, report.path)


def invalid(path: tuple[str, ...], name: str, message: str) -> Invalid:
    """The problem of a field of a report, by its name in the API."""
    return Invalid(f"{name} {message}", (*path, name))
