"""Calls over time: whole steps, no call missing or counted twice, clear errors."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.reads import usage
from db.reads.usage import UsagePoint, UsageRange
from domain import ids, periods
from domain.periods import UsageStep
from tests import factories
from tests.graphql import GraphQL

DOCUMENT = """query ($ids: [ID!]!, $from: DateTime!, $to: DateTime!, $step: UsageStep!) {
  nodes(ids: $ids) { ... on ProviderBinding { usage(from: $from, to: $to, step: $step) {
    at calls succeeded failed rateLimited latencyMsMean latencyMsP50 latencyMsP95 latencyMsP99
    inputTokens outputTokens costUsd } } } }"""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def _now() -> datetime:
    return datetime.now(UTC)


def _start(step: UsageStep, ago: timedelta = timedelta()) -> datetime:
    return periods.step_start(_now() - ago, step)


async def _binding(gql: GraphQL) -> Any:
    return await factories.binding(
        gql.db, await factories.version(gql.db, await factories.model(gql.db))
    )


async def _usage(
    gql: GraphQL, bindings: list[Any], since: datetime, until: datetime, step: UsageStep
) -> list[list[dict[str, Any]]]:
    keys = [ids.encode(ids.BINDING, row.id) for row in bindings]
    variables = {"from": since.isoformat(), "to": until.isoformat(), "step": step.value}
    found = await gql(DOCUMENT, ids=keys, **variables)
    return [node["usage"] for node in found["nodes"]]


async def _error(gql: GraphQL, since: datetime, until: datetime, step: UsageStep) -> Any:
    binding = await _binding(gql)
    variables = {"from": since.isoformat(), "to": until.isoformat(), "step": step.value}
    return await gql.error(DOCUMENT, ids=[ids.encode(ids.BINDING, binding.id)], **variables)


async def test_a_minute_has_all_its_figures(gql: GraphQL) -> None:
    binding, at = await _binding(gql), _start(UsageStep.MINUTE, HOUR)
    others = ("timeout", "upstream_error", "overloaded", "auth", "not_found", "client_error")
    counts = dict.fromkeys((*others, "content_filter", "cancelled"), 1) | {"rate_limited": 3}
    tokens = {"input_tokens": 2**40, "output_tokens": 5, "cost_usd": "0.0000001"}
    await factories.minute(
        gql.db, binding.id, at, **factories.latencies(100, 200, 1_000), **counts, **tokens
    )
    (((point),),) = await _usage(gql, [binding], at, at + MINUTE, UsageStep.MINUTE)
    assert point.pop("latencyMsP50") == pytest.approx(200, rel=0.05)
    assert point.pop("latencyMsP95") == point.pop("latencyMsP99") == pytest.approx(1_000, rel=0.05)
    assert point.pop("latencyMsMean") == pytest.approx(1_300 / 3)
    assert point == {
        "at": at.isoformat(),
        "calls": "14",
        "succeeded": "3",
        "failed": "5",
        "rateLimited": "3",
        "inputTokens": str(2**40),
        "outputTokens": "5",
        "costUsd": "0.0000001",
    }


async def test_every_step_has_a_point_and_steps_without_calls_show(gql: GraphQL) -> None:
    binding, at = await _binding(gql), _start(UsageStep.MINUTE, HOUR)
    await factories.minute(gql.db, binding.id, at + MINUTE, success=7)
    (points,) = await _usage(
        gql, [binding], at + timedelta(seconds=30), at + 2.5 * MINUTE, UsageStep.MINUTE
    )
    assert [point["at"] for point in points] == [(at + MINUTE * n).isoformat() for n in range(3)]
    assert [point["calls"] for point in points] == ["0", "7", "0"]
    assert points[0]["latencyMsP50"] is points[0]["costUsd"] is points[1]["latencyMsMean"] is None


async def test_no_point_is_in_the_future(gql: GraphQL) -> None:
    binding, now = await _binding(gql), _now()
    (points,) = await _usage(gql, [binding], now - HOUR, now + DAY, UsageStep.HOUR)
    assert points[-1]["at"] == periods.step_start(_now(), UsageStep.HOUR).isoformat()
    assert await _usage(gql, [binding], now + HOUR, now + DAY, UsageStep.HOUR) == [[]]


@pytest.mark.parametrize("step", [UsageStep.HOUR, UsageStep.DAY])
async def test_hours_and_days_read_minutes_that_are_not_moved_yet(
    gql: GraphQL, step: UsageStep
) -> None:
    binding, at = await _binding(gql), _start(UsageStep.DAY, 3 * DAY)
    await factories.hour(gql.db, binding.id, at, **factories.latencies(10, 10), cost_usd="1")
    await factories.minute(gql.db, binding.id, at + MINUTE, **factories.latencies(20), cost_usd="2")
    await factories.minute(gql.db, binding.id, at + HOUR, success=2**33)
    (points,) = await _usage(gql, [binding], at, at + DAY, step)
    sums = [int(point["calls"]) for point in points]
    assert sums[:2] == [3, 2**33] if step is UsageStep.HOUR else sums == [2**33 + 3]
    assert points[0]["latencyMsP50"] == pytest.approx(10, rel=0.05)
    assert points[0]["latencyMsMean"] == pytest.approx(40 / 3)
    assert points[0]["costUsd"] == "3"


async def test_bindings_are_loaded_together_and_large_results_beside_the_loop(gql: GraphQL) -> None:
    at = _start(UsageStep.MINUTE, DAY)
    bindings = [await _binding(gql) for _ in range(3)]
    for number in range(210):
        row = bindings[number % 2]
        await factories.minute(
            gql.db, row.id, at + MINUTE * number, **factories.latencies(number + 1)
        )
    with gql.statements() as sent:
        first, second, none = await _usage(gql, bindings, at, at + 4 * HOUR, UsageStep.MINUTE)
    assert len(sent) == 2
    assert [sum(int(point["calls"]) for point in each) for each in (first, second, none)] == [
        105,
        105,
        0,
    ]
    assert second[1]["latencyMsP50"] == pytest.approx(2, rel=0.05)


async def test_a_day_of_minutes_is_allowed_and_more_points_are_not(gql: GraphQL) -> None:
    now, binding = _now(), await _binding(gql)
    (points,) = await _usage(gql, [binding], now - DAY, now, UsageStep.MINUTE)
    assert 1_440 <= len(points) <= 1_441
    code, message = await _error(gql, now - 30 * HOUR, now, UsageStep.MINUTE)
    assert code == "BAD_USER_INPUT"
    assert "points, and at most 1500 are allowed" in message


async def test_a_range_that_is_empty_or_reversed_is_refused(gql: GraphQL) -> None:
    now = _now()
    for until in (now, now - MINUTE):
        error = await _error(gql, now, until, UsageStep.HOUR)
        assert error == ("BAD_USER_INPUT", "from must be before to")


async def test_minutes_that_are_gone_are_refused(gql: GraphQL) -> None:
    oldest = periods.minutes_since(_now())
    code, message = await _error(gql, oldest - MINUTE, oldest, UsageStep.MINUTE)
    assert (code, message.endswith("kept for 48 hours: use the step HOUR")) == (
        "BAD_USER_INPUT",
        True,
    )
    assert f"from must not be before {oldest:%Y-%m-%dT%H:00Z}" in message
    binding = await _binding(gql)
    (points,) = await _usage(gql, [binding], oldest + HOUR, oldest + 2 * HOUR, UsageStep.MINUTE)
    assert len(points) == 60


async def test_hours_that_are_gone_are_refused(gql: GraphQL) -> None:
    oldest, binding = periods.hours_since(_now()), await _binding(gql)
    code, message = await _error(gql, oldest - HOUR, oldest, UsageStep.DAY)
    assert (code, "as outcomes are kept for 90 days" in message) == ("BAD_USER_INPUT", True)
    (points,) = await _usage(gql, [binding], oldest + HOUR, _now(), UsageStep.DAY)
    days = (_now().date() - (oldest + HOUR).date()).days + 1
    assert len(points) == days
    assert days in (90, 91)  # in the last hour of a day, the first one begins a day later


REPORT = """mutation ($input: ReportOutcomesInput!) { reportOutcomes(input: $input) {
  accepted userErrors { message } } }"""


async def test_what_is_reported_shows_at_once_in_every_step(gql: GraphQL) -> None:
    binding, at = await _binding(gql), _start(UsageStep.MINUTE, 10 * MINUTE)
    key, old = ids.encode(ids.BINDING, binding.id), at - 3 * DAY
    items = [
        {"binding": key, "at": at.isoformat(), "outcome": "SUCCESS", "latencyMs": 100},
        {"binding": key, "at": at.isoformat(), "outcome": "TIMEOUT"},
        {"binding": key, "at": old.isoformat(), "outcome": "RATE_LIMITED"},
    ]
    histogram = {"bounds": [100, 200], "counts": [1, 2, 0], "sum": 400}
    rollup = {"binding": key, "minute": at.isoformat(), "outcome": "SUCCESS", "count": 3}
    rollups = [{**rollup, "latencyMs": histogram, "costUsd": "0.5"}]
    found = await gql(REPORT, input={"items": items, "rollups": rollups})
    assert found["reportOutcomes"] == {"accepted": 4, "userErrors": []}
    for step in UsageStep:
        (points,) = await _usage(gql, [binding], at, at + MINUTE, step)
        (point,) = points
        assert (point["calls"], point["succeeded"], point["failed"]) == ("5", "4", "1")
        assert (point["latencyMsMean"], point["costUsd"]) == (125, "0.5")
    ((point,),) = await _usage(gql, [binding], old, old + MINUTE, UsageStep.HOUR)
    assert (point["calls"], point["rateLimited"]) == ("1", "1")


@pytest.mark.parametrize("step", UsageStep)
async def test_only_what_is_needed_is_read(gql: GraphQL, step: UsageStep) -> None:
    binding, at = await _binding(gql), _start(UsageStep.MINUTE, 10 * MINUTE)
    await factories.minute(gql.db, binding.id, at, **factories.latencies(10, 90), cost_usd="2")
    wanted = UsageRange(at, at + MINUTE, step)

    async def read(*attributes: str) -> UsagePoint:
        chosen = frozenset(attributes) if attributes else None
        found = await usage.of_bindings(gql.db.reader, [binding.id], wanted, chosen)
        return found[binding.id][0]

    whole = await read()
    assert type(whole.calls) is type(whole.input_tokens) is int
    for attribute in UsagePoint._fields:
        assert getattr(await read(attribute), attribute) == getattr(whole, attribute)
    with gql.statements() as sent:
        assert await read("calls") == UsagePoint(whole.at, calls=2)
    assert "latency" not in sent[0].split("FROM")[0]
