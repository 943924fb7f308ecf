"""The inputs of reportOutcomes, and what they say."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import NamedTuple, TypeVar
from uuid import UUID

import strawberry

from domain import histograms, ids, reports, rules
from domain.histograms import Histogram, InvalidHistogram
from domain.problems import Invalid, NotFound, Problem
from domain.reports import REPORTS_MAX, Report, invalid
from domain.traffic_enums import Outcome
from resolvers.arguments import IDEMPOTENCY_KEY, input_type, optional, required
from resolvers.scalars import BigInt

T = TypeVar("T")

_NUMBERS_MAX = 100_000  # a histogram with too many is refused alone, and not with all others

_TIMES = "above 0 and at most 86400000 (24 hours); used only of a SUCCESS"


@input_type(
    "How many calls took how long. Any bounds are allowed; they are converted to buckets that are"
    " 10 % wide, in which a percentile is within the right one of these bounds."
)
class HistogramInput:
    bounds: list[float] = required(
        "The upper bounds of the buckets in milliseconds, ascending; 1 to 200 of them.",
        items_max=_NUMBERS_MAX,
    )
    counts: list[int] = required(
        "The calls in each bucket; one count more than bounds, for what is above the last one.",
        items_max=_NUMBERS_MAX,
    )
    sum: float | None = optional(
        "The sum of all times in milliseconds, which the bounds of the counted calls allow; if"
        " absent, it is estimated from the buckets."
    )


@input_type("One call of a binding.")
class OutcomeInput:
    binding: strawberry.ID = required("The ID of the binding.")
    at: datetime = required(
        "When the call ended: at most 60 seconds in the future, and at most 7 days ago."
    )
    outcome: Outcome = required("How the call ended.")
    latency_ms: float | None = optional(f"Milliseconds until its end: {_TIMES}.")
    ttft_ms: float | None = optional(f"Milliseconds until its first token: {_TIMES}.")
    input_tokens: int | None = optional("Tokens that were sent; 0 or more.")
    output_tokens: int | None = optional("Tokens that were generated; 0 or more.")


@input_type("All calls of one binding with one outcome in one minute, counted by the reporter.")
class OutcomeRollupInput:
    binding: strawberry.ID = required("The ID of the binding.")
    minute: datetime = required(
        "The start of the minute in which the calls ended: at most 60 seconds in the future, and at"
        " most 7 days ago."
    )
    outcome: Outcome = required("How the calls ended.")
    count: int = required("How many calls there were; 1 or more.")
    latency_ms: HistogramInput | None = optional(
        "Milliseconds until their end. The counts must add up to count. Used only of a SUCCESS."
    )
    ttft_ms: HistogramInput | None = optional(
        "Milliseconds until their first token. The counts must add up to count or less, as not"
        " every call streams. Used only of a SUCCESS."
    )
    input_tokens: BigInt | None = optional("Tokens that were sent; 0 to 1000000000000.")
    output_tokens: BigInt | None = optional("Tokens that were generated; 0 to 1000000000000.")
    cost_usd: Decimal | None = optional(
        "What the calls cost in US dollars: 0 to below 10000000000, with at most 10 decimals."
    )


@input_type("Outcomes of calls: at most 1,000 items and rollups together.")
class ReportOutcomesInput:
    items: list[OutcomeInput] | None = optional("Single calls.", items_max=REPORTS_MAX)
    rollups: list[OutcomeRollupInput] | None = optional(
        "Calls that were counted by minute.", items_max=REPORTS_MAX
    )
    reporter: str | None = optional(
        "The name of the gateway's instance that reports, of at most 100 characters; an instance"
        " keeps its name when it restarts. For a named reporter a rollup of the same binding,"
        " minute and outcome is accepted once: a second one is ALREADY_EXISTS, with whatever"
        " idempotencyKey. So it reports a minute when it is over. Without a reporter each rollup is"
        " counted, unless the call repeats an idempotencyKey; but within one call the second rollup"
        " of the same binding, minute and outcome is ALREADY_EXISTS, with or without a reporter."
        " Items are counted in any case."
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


class _Times(NamedTuple):
    """A histogram, and the sum of its times in milliseconds."""

    histogram: Histogram
    ms_sum: float


_NO_TIMES = _Times({}, 0)
_Read = tuple[Report | None, Sequence[Problem]]


def read(input: ReportOutcomesInput, now: datetime) -> tuple[list[Report], list[Problem]]:
    """What is reported, and what is wrong with the items and rollups that are not in it."""
    found: list[Report] = []
    problems: list[Problem] = []
    every = chain(
        (_item(("items", str(place)), each, now) for place, each in enumerate(input.items or ())),
        (
            _rollup(("rollups", str(place)), each, now)
            for place, each in enumerate(input.rollups or ())
        ),
    )
    for report, wrong in every:
        if report is None or wrong:
            problems += wrong
        else:
            found.append(report)
    repeated = dict(reports.repeated(found))
    accepted = [report for report in found if report.path not in repeated]
    return accepted, [*problems, *repeated.values()]


def _item(path: tuple[str, str], item: OutcomeInput, now: datetime) -> _Read:
    key = ids.decode(ids.BINDING, item.binding)
    wrong = _problems(
        path,
        ("at", reports.wrong_time(item.at, now)),
        ("latencyMs", _of(reports.wrong_latency, item.latency_ms)),
        ("ttftMs", _of(reports.wrong_latency, item.ttft_ms)),
        ("inputTokens", _of(reports.wrong_tokens, item.input_tokens)),
        ("outputTokens", _of(reports.wrong_tokens, item.output_tokens)),
    )
    if key is None or wrong:
        return None, [*_missing(path, key), *wrong]
    is_success = item.outcome is Outcome.SUCCESS
    latency, ttft = (
        _Times({histograms.bucket_of(ms): 1}, ms) if is_success and ms is not None else _NO_TIMES
        for ms in (item.latency_ms, item.ttft_ms)
    )
    report = Report(
        path,
        key,
        item.at,
        item.outcome,
        latency=latency.histogram,
        latency_ms_sum=latency.ms_sum,
        ttft=ttft.histogram,
        ttft_ms_sum=ttft.ms_sum,
        input_tokens=item.input_tokens or 0,
        output_tokens=item.output_tokens or 0,
    )
    return report, ()


def _rollup(path: tuple[str, str], rollup: OutcomeRollupInput, now: datetime) -> _Read:
    key = ids.decode(ids.BINDING, rollup.binding)
    latency, wrong_latency = _times(path, "latencyMs", rollup.latency_ms, rollup)
    ttft, wrong_ttft = _times(path, "ttftMs", rollup.ttft_ms, rollup)
    wrong = [
        *_problems(
            path,
            ("minute", reports.wrong_minute(rollup.minute, now)),
            ("count", None if rollup.count >= 1 else "must be 1 or more"),
            ("inputTokens", _of(reports.wrong_tokens, rollup.input_tokens)),
            ("outputTokens", _of(reports.wrong_tokens, rollup.output_tokens)),
            ("costUsd", _of(rules.money, rollup.cost_usd)),
        ),
        *wrong_latency,
        *wrong_ttft,
    ]
    if key is None or wrong:
        return None, [*_missing(path, key), *wrong]
    report = Report(
        path,
        key,
        rollup.minute,
        rollup.outcome,
        rollup.count,
        is_rollup=True,
        latency=latency.histogram,
        latency_ms_sum=latency.ms_sum,
        ttft=ttft.histogram,
        ttft_ms_sum=ttft.ms_sum,
        input_tokens=rollup.input_tokens or 0,
        output_tokens=rollup.output_tokens or 0,
        cost_usd=rollup.cost_usd,
    )
    return report, ()


def _times(
    path: tuple[str, str], name: str, times: HistogramInput | None, rollup: OutcomeRollupInput
) -> tuple[_Times, Sequence[Problem]]:
    """A histogram in our buckets; empty with its problems, and of calls that did not succeed."""
    if times is None:
        return _NO_TIMES, ()
    place, is_used = (*path, name), rollup.outcome is Outcome.SUCCESS
    read = histograms.from_bounds if is_used else histograms.check
    try:
        histogram = read(times.bounds, times.counts) or {}
    except InvalidHistogram as error:
        field = "counts" if "count" in str(error) else "bounds"
        return _NO_TIMES, [Invalid(f"{name}: {error}", (*place, field))]
    total = sum(times.counts)
    if total > rollup.count or (total < rollup.count and name == "latencyMs"):
        text = f"add up to {total}, but count is {rollup.count}"
        return _NO_TIMES, [invalid(place, "counts", text)]
    ms_sum = histograms.sum_ms(histogram) if times.sum is None else times.sum
    found = _Times(histogram, ms_sum) if is_used else _NO_TIMES
    return found, _problems(place, ("sum", _wrong_sum(times)))


def _wrong_sum(times: HistogramInput) -> str | None:
    return None if times.sum is None else reports.wrong_sum(times.sum, times.bounds, times.counts)


def _problems(path: tuple[str, ...], *checked: tuple[str, str | None]) -> list[Problem]:
    return [invalid(path, name, message) for name, message in checked if message is not None]


def _of(rule: Callable[[T], str | None], value: T | None) -> str | None:
    """What a rule says of a value; absent, nothing is wrong with it."""
    return None if value is None else rule(value)


def _missing(path: tuple[str, str], key: UUID | None) -> list[Problem]:
    return [NotFound("the binding does not exist", (*path, "binding"))] if key is None else []
