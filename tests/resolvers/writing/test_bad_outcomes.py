"""Bad items and rollups: each is refused alone, with the path of what is wrong."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain import ids
from domain.reports import TOKENS_MAX
from tests.graphql import GraphQL
from tests.outcomes import (
    REPORT,
    bindings,
    histogram,
    item,
    minutes_ago,
    report,
    rollup,
    rows,
    this_minute,
)

DAY_MS = 86_400_000
TIMES = {  # made anew in each test
    "tomorrow": lambda: this_minute() + timedelta(days=1),
    "8 days ago": lambda: this_minute() - timedelta(days=8),
    "within a minute": lambda: this_minute() - timedelta(seconds=1),
}

ITEMS: list[tuple[str, Any]] = [
    ("at", "tomorrow"),
    ("at", "8 days ago"),
    ("latencyMs", 0),
    ("latencyMs", -1.5),
    ("latencyMs", 365 * DAY_MS),
    ("ttftMs", 0),
    ("inputTokens", -1),
    ("outputTokens", -1),
]
ROLLUPS: list[tuple[str, Any]] = [
    ("minute", "tomorrow"),
    ("minute", "8 days ago"),
    ("minute", "within a minute"),
    ("count", 0),
    ("count", -5),
    ("latencyMs.counts", {"bounds": [1, 2], "counts": [1, 1, -1]}),
    ("latencyMs.counts", {"bounds": [1, 2], "counts": [1, 1, 0]}),  # 2 calls of 1
    ("latencyMs.counts", {"bounds": [1, 2], "counts": [0, 0, 0]}),
    ("latencyMs.counts", {"bounds": [1, 2], "counts": [1, 0]}),
    ("latencyMs.bounds", {"bounds": [2, 1], "counts": [1, 0, 0]}),
    ("latencyMs.bounds", {"bounds": [1, 1], "counts": [1, 0, 0]}),
    ("latencyMs.bounds", {"bounds": [], "counts": [1]}),
    ("latencyMs.bounds", {"bounds": list(range(1, 10_001)), "counts": [1] + [0] * 10_000}),
    ("latencyMs.bounds", {"bounds": [0, 5], "counts": [1, 0, 0]}),  # a latency of 0
    ("latencyMs.bounds", {"bounds": [DAY_MS], "counts": [0, 1]}),
    ("latencyMs.sum", {"bounds": [1, 2], "counts": [1, 0, 0], "sum": -1}),
    ("latencyMs.sum", {"bounds": [1, 2], "counts": [1, 0, 0], "sum": 365 * DAY_MS}),
    ("latencyMs.sum", {"bounds": [1, 2], "counts": [0, 1, 0], "sum": 0.99}),
    ("latencyMs.sum", {"bounds": [1, 2], "counts": [0, 1, 0], "sum": 2.01}),
    ("ttftMs.counts", {"bounds": [1, 2], "counts": [1, 1, 0]}),
    ("ttftMs.sum", {"bounds": [1, 2], "counts": [0, 0, 1], "sum": 1.99}),
    ("inputTokens", "-1"),
    ("outputTokens", str(TOKENS_MAX + 1)),
    ("costUsd", "-0.01"),
    ("costUsd", "10000000000"),
    ("costUsd", "0.00000000001"),
]


def _made(value: Any) -> Any:
    return TIMES[value]().isoformat() if isinstance(value, str) and value in TIMES else value


@pytest.mark.parametrize(("field", "value"), ITEMS)
async def test_a_bad_item_is_refused_alone(
    gql: GraphQL, database_url: str, field: str, value: Any
) -> None:
    (binding,) = await bindings(gql.db, 1)
    payload = await report(gql, items=[item(binding), item(binding, **{field: _made(value)})])
    assert (payload["accepted"], payload["rejected"]) == (1, 1)
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID", ["items", "1", field])
    assert field in error["message"]
    assert rows(database_url, "outcome_minutes")[0]["success"] == 1


@pytest.mark.parametrize(("field", "value"), ROLLUPS)
async def test_a_bad_rollup_is_refused_alone(
    gql: GraphQL, database_url: str, field: str, value: Any
) -> None:
    (binding,) = await bindings(gql.db, 1)
    name = field.partition(".")[0]
    bad = {**rollup(binding, minute=minutes_ago(2)), name: _made(value)}
    payload = await report(gql, rollups=[bad, rollup(binding, 7)])
    assert (payload["accepted"], payload["rejected"]) == (1, 1)
    assert [(each["code"], each["path"]) for each in payload["userErrors"]] == [
        ("INVALID", ["rollups", "0", *field.split(".")])
    ]
    assert [row["success"] for row in rows(database_url, "outcome_minutes")] == [7]


async def test_unknown_and_foreign_ids_are_not_found(gql: GraphQL, database_url: str) -> None:
    (binding,) = await bindings(gql.db, 1)
    unknown = ids.encode(ids.BINDING, ids.new())
    foreign = binding.replace("bnd_", "mdl_")
    calls = [item(each) for each in (unknown, foreign, "", "bnd_1", binding)]
    payload = await report(gql, items=calls, rollups=[rollup(unknown)])
    assert (payload["accepted"], payload["rejected"]) == (1, 5)
    assert {each["code"] for each in payload["userErrors"]} == {"NOT_FOUND"}
    assert [each["path"] for each in payload["userErrors"]] == [
        *(["items", str(place), "binding"] for place in range(4)),
        ["rollups", "0", "binding"],
    ]
    assert len(rows(database_url, "binding_health")) == 1


async def test_a_rollup_that_is_twice_in_a_batch_is_counted_once(gql: GraphQL) -> None:
    (binding,) = await bindings(gql.db, 1)
    calls = [rollup(binding, 3), rollup(binding, 3, "AUTH"), rollup(binding, 4)]
    payload = await report(gql, rollups=calls)
    assert (payload["accepted"], payload["rejected"]) == (2, 1)
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == ("ALREADY_EXISTS", ["rollups", "2"])
    assert error["message"].startswith("rollups.0 has the same")


@pytest.mark.parametrize(
    "histogram",
    ["bounds: [1e999] counts: [1, 0]", "bounds: [1] counts: [1, 0] sum: 1e999"],
)
async def test_an_infinite_literal_is_refused(gql: GraphQL, histogram: str) -> None:
    (binding,) = await bindings(gql.db, 1)
    given = f'binding: "{binding}" minute: "{minutes_ago(1)}" outcome: SUCCESS count: 1'
    rollups = f"rollups: [{{{given} latencyMs: {{{histogram}}}}}]"
    document = f"mutation {{ reportOutcomes(input: {{{rollups}}}) {{ accepted rejected }} }}"
    assert (await gql(document))["reportOutcomes"] == {"accepted": 0, "rejected": 1}


async def test_a_fractional_count_is_refused_by_its_type(gql: GraphQL) -> None:
    (binding,) = await bindings(gql.db, 1)
    _, message = await gql.error(REPORT, input={"rollups": [{**rollup(binding), "count": 1.5}]})
    assert "rollups[0].count" in message


async def test_the_largest_batch_is_1_000(gql: GraphQL) -> None:
    (binding,) = await bindings(gql.db, 1)
    calls = [item(binding)] * 600
    payload = await report(gql, items=calls, rollups=[rollup(binding)] * 401)
    assert (payload["accepted"], payload["rejected"]) == (0, 1_001)
    assert [each["code"] for each in payload["userErrors"]] == ["LIMIT_EXCEEDED"]
    assert (await report(gql, items=[item(binding)] * 1_000))["accepted"] == 1_000


async def test_all_that_is_rejected_is_counted(gql: GraphQL) -> None:
    payload = await report(gql, items=[item("bnd_", at=_made("8 days ago"))] * 300)
    assert (payload["accepted"], payload["rejected"]) == (0, 300)
    assert len(payload["userErrors"]) == 100
    assert payload["userErrors"][1]["path"] == ["items", "0", "at"]


@pytest.mark.parametrize(
    "reporter", ["", " ", "x" * 101, "a\nb", "sk-" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v"]
)
async def test_the_reporter_has_a_short_name_and_no_secret(gql: GraphQL, reporter: str) -> None:
    payload = await report(gql, reporter=reporter)
    assert [each["path"] for each in payload["userErrors"]] == [["reporter"]]


async def test_clocks_may_differ_a_little(gql: GraphQL) -> None:
    (binding,) = await bindings(gql.db, 1)
    ahead = (datetime.now(UTC) + timedelta(seconds=50)).isoformat()
    next_minute = (this_minute() + timedelta(minutes=1)).isoformat()
    oldest = (this_minute() - timedelta(days=7) + timedelta(minutes=2)).isoformat()
    calls = [rollup(binding, minute=minute) for minute in (next_minute, oldest)]
    payload = await report(gql, items=[item(binding, at=ahead)], rollups=calls)
    assert payload == {"accepted": 3, "rejected": 0, "userErrors": []}


async def test_histograms_of_failures_are_checked_too(gql: GraphQL) -> None:
    (binding,) = await bindings(gql.db, 1)
    calls = [rollup(binding, 3, "TIMEOUT", latencyMs=histogram(2))]
    assert (await report(gql, rollups=calls))["rejected"] == 1
