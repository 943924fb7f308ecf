"""Calls of providers over HTTP: outcomes, the order, and what is reported."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from examples.gateway import providers
from examples.gateway.calls import Attempt, along, outcome_of
from examples.gateway.client import Outcome
from examples.gateway.providers import Provider
from tests.examples.gateway.routed import binding
from tests.server.conftest import running

REQUEST = {"model": "chat", "messages": []}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"choices": []}, Outcome.SUCCESS),
        (200, None, Outcome.UPSTREAM_ERROR),
        (400, {}, Outcome.CLIENT_ERROR),
        (400, {"error": {"code": "content_filter"}}, Outcome.CONTENT_FILTER),
        (401, {}, Outcome.AUTH),
        (403, {}, Outcome.AUTH),
        (404, {}, Outcome.NOT_FOUND),
        (408, {}, Outcome.TIMEOUT),
        (413, {}, Outcome.CLIENT_ERROR),
        (422, {}, Outcome.CLIENT_ERROR),
        (429, {}, Outcome.RATE_LIMITED),
        (500, {}, Outcome.UPSTREAM_ERROR),
        (502, None, Outcome.UPSTREAM_ERROR),
        (503, {}, Outcome.OVERLOADED),
        (504, {}, Outcome.TIMEOUT),
        (529, {}, Outcome.OVERLOADED),
    ],
)
def test_a_response_stands_for_an_outcome(status: int, body: Any, outcome: Outcome) -> None:
    assert outcome_of(status, body) is outcome


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


def _url(server: httpx.AsyncClient) -> str:
    return str(server.base_url).rstrip("/") + "/v1"


async def _tried(http: httpx.AsyncClient, *bindings: Any) -> tuple[Attempt | None, list[Attempt]]:
    """The last call, and the calls that were reported."""
    reported: list[Attempt] = []
    last = await along(http, [(each, False) for each in bindings], REQUEST, reported.append)
    return last, reported


async def test_a_failed_call_is_reported_and_the_next_candidate_is_called(
    http: httpx.AsyncClient,
) -> None:
    broken, sound = Provider("broken", 1, status=500), Provider("sound", 1)
    app = providers.app
    async with (
        running(app(broken), http="httptools") as first,
        running(app(sound), http="httptools") as second,
    ):
        candidates = [binding("a", _url(each)) for each in (first, second)]
        last, reported = await _tried(http, *candidates)
    assert [each.outcome for each in reported] == [Outcome.UPSTREAM_ERROR, Outcome.SUCCESS]
    assert last == reported[-1]
    assert last is not None
    assert last.body["choices"][0]["message"]["content"] == "hello from sound"
    assert last.tokens[0] == 12
    assert (broken.calls, sound.calls) == (1, 1)


async def test_the_callers_own_error_is_not_tried_elsewhere(http: httpx.AsyncClient) -> None:
    strict, sound = Provider("strict", 1, status=422), Provider("sound", 1)
    app = providers.app
    async with (
        running(app(strict), http="httptools") as first,
        running(app(sound), http="httptools") as second,
    ):
        candidates = [binding("a", _url(each)) for each in (first, second)]
        last, reported = await _tried(http, *candidates)
    assert [each.outcome for each in reported] == [Outcome.CLIENT_ERROR]
    assert last is not None
    assert last.status == 422
    assert sound.calls == 0


async def test_an_address_that_nobody_listens_on_is_an_upstream_error(
    http: httpx.AsyncClient,
) -> None:
    last, reported = await _tried(http, binding("a", "http://127.0.0.1:1/v1"), binding("b", None))
    assert [each.outcome for each in reported] == [Outcome.UPSTREAM_ERROR] * 2
    assert last is not None
    assert last.status == 0


async def test_a_caller_that_goes_away_is_reported_as_cancelled(http: httpx.AsyncClient) -> None:
    reported: list[Attempt] = []
    async with running(providers.app(Provider("slow", 5_000)), http="httptools") as server:
        candidates = [(binding("a", _url(server)), False)]
        call = asyncio.create_task(along(http, candidates, REQUEST, reported.append))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert [each.outcome for each in reported] == [Outcome.CANCELLED]


async def test_without_a_candidate_nothing_is_called(http: httpx.AsyncClient) -> None:
    assert await _tried(http) == (None, [])
