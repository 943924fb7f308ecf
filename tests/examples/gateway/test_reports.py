"""Outcomes reach the registry once each, and wait in bounded memory while it is away."""

from bisect import bisect_left
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from db.postgres.engine import Database
from examples.gateway import reports
from examples.gateway.client import Outcome, RegistryClient
from examples.gateway.reports import BOUNDS, Reports, histogram
from tests.examples.gateway.routed import attempt, binding
from tests.outcomes import bindings, rows

AWAY = "http://127.0.0.1:1/graphql"  # nobody listens there
BODY = {"usage": {"prompt_tokens": 12, "completion_tokens": 30}}


class LosesAnswers(httpx.AsyncHTTPTransport):
    """A connection that breaks after the request arrived, as often as `left` says."""

    left = 1

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if self.left:
            self.left -= 1
            raise httpx.ReadError("cut")
        return response


@pytest.fixture
async def away() -> AsyncIterator[Reports]:
    """Reports to a registry that is away."""
    async with httpx.AsyncClient() as http:
        yield Reports(RegistryClient(AWAY, http))


async def test_failures_are_items_and_successes_are_rollups(
    client: RegistryClient, db: Database, database_url: str
) -> None:
    served = binding((await bindings(db, 1))[0], None)
    waiting, now = Reports(client), datetime.now(UTC)
    for latency_ms in (40.0, 50.0, 60.0):
        waiting.add(attempt(served, at=now, latency_ms=latency_ms, body=BODY))
    waiting.add(attempt(served, Outcome.TIMEOUT, at=now))
    assert waiting.waiting == 4
    assert await waiting.flush(has_rollups=False)  # failures do not wait for the rollups
    assert (waiting.accepted, waiting.waiting) == (1, 3)
    assert await waiting.flush()
    assert (waiting.accepted, waiting.refused, waiting.waiting) == (2, 0, 0)
    (row,) = rows(database_url, "outcome_minutes")
    assert (row["success"], row["timeout"]) == (3, 1)
    assert row["latency_ms_sum"] == pytest.approx(150)
    assert (row["input_tokens"], row["output_tokens"]) == (36, 90)


async def test_a_trial_is_reported_at_once_also_when_it_succeeds(
    client: RegistryClient, db: Database, database_url: str
) -> None:
    served = binding((await bindings(db, 1))[0], None)
    waiting = Reports(client)
    waiting.add(attempt(served, at=datetime.now(UTC), is_trial=True))
    assert await waiting.flush(has_rollups=False)
    assert rows(database_url, "outcome_minutes")[0]["success"] == 1


async def test_a_batch_whose_answer_was_lost_is_counted_once(
    registry: httpx.AsyncClient, db: Database, database_url: str
) -> None:
    served = binding((await bindings(db, 1))[0], None)
    async with httpx.AsyncClient(transport=LosesAnswers()) as http:
        waiting = Reports(RegistryClient(f"{registry.base_url}/graphql", http))
        waiting.add(attempt(served, at=datetime.now(UTC)))
        assert not await waiting.flush()
        assert waiting.waiting == 1
        waiting.add(attempt(served, at=datetime.now(UTC)))  # joins the next batch
        assert await waiting.flush()
        assert (waiting.retries, waiting.waiting) == (1, 1)
        assert await waiting.flush()
    assert sum(row["success"] for row in rows(database_url, "outcome_minutes")) == 2


async def test_a_binding_that_is_gone_is_refused_and_said(
    client: RegistryClient, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = Reports(client)
    for name in ((await bindings(db, 1))[0], "bnd_" + "0" * 32):
        waiting.add(attempt(binding(name, None), at=datetime.now(UTC)))
    assert await waiting.flush()
    assert (waiting.accepted, waiting.refused, waiting.waiting) == (1, 1, 0)
    assert "1 reports were refused" in caplog.text


async def test_while_the_registry_is_away_calls_are_merged_by_minute(away: Reports) -> None:
    served = binding("a", None)
    for _ in range(1_000):
        away.add(attempt(served))
    assert not await away.flush()
    for _ in range(1_000):
        away.add(attempt(served))
    assert away.waiting == 2_000
    assert not await away.flush()
    assert (away.dropped, away.retries) == (0, 1)


async def test_many_failures_are_counted_in_rollups(
    away: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "ITEMS_MAX", 3)
    for _ in range(10):
        away.add(attempt(binding("a", None), Outcome.TIMEOUT))
    assert (away.waiting, away.dropped) == (10, 0)


async def test_what_does_not_fit_is_dropped_counted_and_said(
    away: Reports, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reports, "ROLLUPS_MAX", 2)
    served, began = binding("a", None), attempt(binding("a", None)).at
    for minute in range(4):
        away.add(attempt(served, at=began + timedelta(minutes=minute)))
    away.add(attempt(served, at=began))  # a minute that is kept still counts
    assert (away.waiting, away.dropped) == (3, 2)
    assert caplog.text.count("calls are dropped") == 1


@pytest.mark.parametrize("latency_ms", [0.5, 1.0, 1.1, 99.0, BOUNDS[-1], 1e6])
def test_a_histogram_has_no_empty_ends_and_keeps_the_bucket(latency_ms: float) -> None:
    counts = [0] * (len(BOUNDS) + 1)
    place = bisect_left(BOUNDS, latency_ms)
    counts[place] = 7
    sent = histogram(counts, 7 * latency_ms)
    assert len(sent.counts) == len(sent.bounds) + 1 <= 3
    assert sum(sent.counts) == 7
    bounds = [0.0, *sent.bounds, float("inf")]
    used = sent.counts.index(7)
    assert bounds[used] < latency_ms <= bounds[used + 1]
