"""reportOutcomes: what is recorded of items and rollups, and what becomes of it."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from domain import histograms
from domain.totals import OUTCOMES
from tests.graphql import SERVICE, GraphQL
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


async def test_items_and_rollups_of_a_minute_add_up(gql: GraphQL, database_url: str) -> None:
    (binding,) = await bindings(gql.db, 1)
    times = {"latencyMs": histogram(70), "ttftMs": histogram(60)}
    tokens = {"inputTokens": "5000000000", "outputTokens": 7, "costUsd": "0.0000000001"}
    minute = minutes_ago(1)
    single = item(binding, at=minute, latencyMs=300, ttftMs=20.5, inputTokens=2, outputTokens=3)
    counted = [rollup(binding, 70, **times, **tokens), rollup(binding, 4, "TIMEOUT")]
    payload = await report(gql, items=[single], rollups=counted)
    assert payload == {"accepted": 3, "rejected": 0, "userErrors": []}
    assert (await report(gql, rollups=[rollup(binding, 5, "RATE_LIMITED")]))["accepted"] == 1
    (row,) = rows(database_url, "outcome_minutes")
    assert row["starts_at"] == this_minute() - timedelta(minutes=1)
    counts = {outcome: row[outcome.value.lower()] for outcome in OUTCOMES}
    assert {k: v for k, v in counts.items() if v} == {
        "SUCCESS": 71,
        "TIMEOUT": 4,
        "RATE_LIMITED": 5,
    }
    assert (row["input_tokens"], row["output_tokens"]) == (5_000_000_002, 10)
    assert row["cost_usd"] == Decimal("0.0000000001")
    latency, ttft = histograms.decode(row["latency"]), histograms.decode(row["ttft"])
    assert (sum(latency.values()), sum(ttft.values())) == (71, 61)
    assert histograms.percentile(latency, 0.5) == pytest.approx(350, rel=0.3)


async def test_the_health_of_the_window_follows(gql: GraphQL, database_url: str) -> None:
    (binding,) = await bindings(gql.db, 1)
    for ago, succeeded, failed in ((12, 30, 0), (3, 30, 1), (16, 500, 500)):
        minute = minutes_ago(ago)
        calls = [rollup(binding, succeeded, minute=minute, latencyMs=histogram(succeeded))]
        calls += [rollup(binding, failed, "UPSTREAM_ERROR", minute=minute)] if failed else []
        assert (await report(gql, rollups=calls))["rejected"] == 0
    (row,) = rows(database_url, "binding_health")
    assert (row["succeeded"], row["failed"], row["state"]) == (60, 1, "DEGRADED")
    assert row["success_rate"] == 60 / 61
    assert row["latency_ms_p95"] == pytest.approx(500, rel=0.06)
    assert row["last_outcome_at"] == this_minute() - timedelta(minutes=2)


async def test_old_outcomes_go_straight_to_their_hour(gql: GraphQL, database_url: str) -> None:
    (binding,) = await bindings(gql.db, 1)
    minute = this_minute() - timedelta(days=3)
    calls = [
        rollup(binding, 3, minute=(minute + timedelta(minutes=n)).isoformat()) for n in range(61)
    ]
    assert (await report(gql, rollups=calls))["rejected"] == 0
    hours = rows(database_url, "outcome_hours")
    assert sum(row["success"] for row in hours) == 183
    assert {row["starts_at"].minute for row in hours} == {0}
    assert rows(database_url, "outcome_minutes") == []
    (health,) = rows(database_url, "binding_health")
    assert (health["succeeded"], health["state"]) == (0, "UNKNOWN")


async def test_a_call_without_reports_records_nothing(gql: GraphQL) -> None:
    assert await report(gql) == {"accepted": 0, "rejected": 0, "userErrors": []}


async def test_latencies_of_failures_enter_no_histogram(gql: GraphQL, database_url: str) -> None:
    (binding,) = await bindings(gql.db, 1)
    await report(gql, items=[item(binding, "TIMEOUT", latencyMs=60_000, ttftMs=10)])
    (row,) = rows(database_url, "outcome_minutes")
    assert (row["timeout"], bytes(row["latency"]), row["latency_ms_sum"]) == (1, b"", 0)


async def test_a_retry_with_its_key_counts_once_and_gets_the_same_errors(
    gql: GraphQL, database_url: str
) -> None:
    (binding,) = await bindings(gql.db, 1)
    calls = [rollup(binding, 8), rollup(binding, -1, "TIMEOUT")]
    first = await report(gql, rollups=calls, idempotencyKey="a")
    assert (first["accepted"], first["rejected"], len(first["userErrors"])) == (1, 1, 1)
    assert await report(gql, rollups=calls, idempotencyKey="a") == first
    (row,) = rows(database_url, "outcome_minutes")
    assert row["success"] == 8
    other = await report(gql, rollups=[rollup(binding, 9)], idempotencyKey="a")
    assert (other["accepted"], other["rejected"]) == (0, 1)
    assert [each["code"] for each in other["userErrors"]] == ["IDEMPOTENCY_CONFLICT"]


_NO_COMMIT = """CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
    CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON outcome_minutes
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()"""


async def test_metrics_count_what_is_committed_and_once(gql: GraphQL, database_url: str) -> None:
    (binding,) = await bindings(gql.db, 1)
    calls = [rollup(binding, 8), rollup(binding, -1, "TIMEOUT")]
    before = Counter(SERVICE.outcomes)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_NO_COMMIT)
        await gql.error(REPORT, input={"rollups": calls, "idempotencyKey": "a"})
        connection.execute("DROP TRIGGER fail ON outcome_minutes")
    assert SERVICE.outcomes - before == Counter()
    for _ in range(2):
        await report(gql, rollups=calls, idempotencyKey="a")
    assert SERVICE.outcomes - before == Counter(reports=1, calls=8, refused=1)
    await report(gql, rollups=calls, idempotencyKey="-" * 500)  # refused as a whole
    assert SERVICE.outcomes - before == Counter(reports=1, calls=8, refused=3)


async def test_a_named_reporter_reports_a_minute_once(gql: GraphQL, database_url: str) -> None:
    first, second = await bindings(gql.db, 2)
    calls = [rollup(first, 8), rollup(first, 2, "AUTH"), rollup(second, 8)]
    assert (await report(gql, rollups=calls[:2], reporter="gw-1"))["accepted"] == 2
    again = await report(gql, rollups=calls, reporter="gw-1", items=[item(first)])
    assert (again["accepted"], again["rejected"]) == (2, 2)
    assert [(each["code"], each["path"]) for each in again["userErrors"]] == [
        ("ALREADY_EXISTS", ["rollups", "0"]),
        ("ALREADY_EXISTS", ["rollups", "1"]),
    ]
    assert (await report(gql, rollups=calls, reporter="gw-2"))["accepted"] == 3
    assert (await report(gql, rollups=calls))["accepted"] == 3
    minutes = rows(database_url, "outcome_minutes")
    assert sum(row["success"] for row in minutes) == (8 + 8 + 1) + 16 + 16
    assert sum(row["auth"] for row in minutes) == 2 + 2 + 2
