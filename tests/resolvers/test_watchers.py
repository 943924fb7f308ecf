"""Watchers: one computation for all subscribers of a state, when it may have changed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from math import inf
from time import monotonic
from typing import Any

import pytest

from db.postgres.engine import Database
from db.reads import data_version, models
from db.tables import Model
from resolvers.errors import RequestError
from resolvers.event_broker import Client, EventBroker
from resolvers.watchers import Computed, Watchers
from tests import factories
from tests.feeds import WAIT_S, broker_of


class Computing:
    """Computes the description of a model, given its name, and counts how often it does so."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.batches: list[Sequence[str]] = []
        self.change_s = inf
        self.error: Exception | None = None

    async def __call__(self, names: Sequence[str]) -> list[Computed[str] | RequestError]:
        self.batches.append(names)
        if self.error is not None:
            raise self.error
        revision = await data_version.revision(self.db.reader)
        found = await models.by_names(self.db.reader, list(names))
        return [self._computed(found.get(name), revision) for name in names]

    def _computed(self, model: Model | None, revision: int) -> Computed[str] | RequestError:
        if model is None:
            return RequestError("no such model")
        text = model.description or ""
        return Computed(text, text, model.id, revision, self.change_s)


Site = tuple[Watchers[str, str], Computing, EventBroker]


@asynccontextmanager
async def _watching(db: Database, url: str, **limits: Any) -> AsyncIterator[Site]:
    async with broker_of(url, **limits) as (broker, _):
        computing = Computing(db)
        made = Watchers(broker, computing)
        task = asyncio.ensure_future(made.run())
        yield made, computing, broker
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])


async def _describe(db: Database, model: Model, text: str) -> None:
    async with db.write("tests") as session:
        row = await session.get_one(Model, model.id)
        row.description = text
        row.revision += 1


async def _next(states: Any) -> str:
    async with asyncio.timeout(WAIT_S):
        return str(await anext(states))


async def _until_idle(computing: Computing) -> None:
    """Wait until nothing has been computed for a while."""
    before = -1
    while before != len(computing.batches):
        before = len(computing.batches)
        await asyncio.sleep(0.3)


async def test_many_subscribers_get_each_change_by_one_computation(
    db: Database, database_url: str
) -> None:
    model = await factories.model(db, name="m", description="0")
    async with _watching(db, database_url) as (made, computing, broker):
        streams = [made.states("m", "m") for _ in range(500)]
        assert await asyncio.gather(*map(_next, streams)) == ["0"] * 500
        assert made.count == 1
        assert broker.subscriber_count == 500
        await _until_idle(computing)
        computing.batches.clear()
        waiting = [asyncio.ensure_future(_next(one)) for one in streams]
        await _describe(db, model, "1")
        assert await asyncio.gather(*waiting) == ["1"] * 500
        assert computing.batches == [["m"]]
        for stream in streams:
            await stream.aclose()
        assert (made.count, broker.subscriber_count) == (0, 0)


async def test_a_change_of_another_model_computes_nothing(db: Database, database_url: str) -> None:
    await factories.model(db, name="m", description="0")
    async with (
        _watching(db, database_url) as (made, computing, _),
        aclosing(made.states("m", "m")) as states,
    ):
        await _next(states)
        await _until_idle(computing)
        computing.batches.clear()
        waiting = asyncio.ensure_future(_next(states))
        await factories.model(db, name="other")
        await asyncio.sleep(0.5)
        assert (computing.batches, waiting.done()) == ([], False)
        await factories.provider(db)  # any model may have a binding of it
        await _until_idle(computing)
        assert (computing.batches, waiting.done()) == ([["m"]], False)
        waiting.cancel()
        await asyncio.wait([waiting])


async def test_what_is_due_is_computed_together(db: Database, database_url: str) -> None:
    names = [f"m{number:02}" for number in range(20)]
    for name in names:
        await factories.model(db, name=name, description=name)
    async with _watching(db, database_url) as (made, computing, _):
        streams = [made.states(name, name) for name in names]
        assert await asyncio.gather(*map(_next, streams)) == names
        await _until_idle(computing)
        computing.batches.clear()
        await factories.provider(db)
        await _until_idle(computing)
        assert [sorted(batch) for batch in computing.batches] == [names]
        for stream in streams:
            await stream.aclose()


async def test_a_state_that_changes_by_time_is_computed_then(
    db: Database, database_url: str
) -> None:
    await factories.model(db, name="m")
    async with _watching(db, database_url) as (made, computing, _):
        computing.change_s = 0.4
        async with aclosing(made.states("m", "m")) as states:
            began = monotonic()
            await _next(states)
            async with asyncio.timeout(WAIT_S):
                while len(computing.batches) < 3:  # noqa: ASYNC110  # it has no event for it
                    await asyncio.sleep(0.01)
            assert monotonic() - began > 0.75


async def test_a_new_subscriber_never_gets_a_state_from_before_it_came(
    db: Database, database_url: str
) -> None:
    model = await factories.model(db, name="m", description="0")
    async with (
        _watching(db, database_url) as (made, _, _),
        aclosing(made.states("m", "m")) as first,
    ):
        await _next(first)
        for number in range(20):
            await _describe(db, model, str(number))
            async with aclosing(made.states("m", "m")) as states:
                assert await _next(states) == str(number)


async def test_a_slow_subscriber_gets_the_newest_state_and_none_between(
    db: Database, database_url: str
) -> None:
    model = await factories.model(db, name="m", description="0")
    async with (
        _watching(db, database_url) as (made, computing, _),
        aclosing(made.states("m", "m")) as slow,
        aclosing(made.states("m", "m")) as fast,
    ):
        assert [await _next(slow), await _next(fast)] == ["0", "0"]
        for number in range(1, 6):
            await _describe(db, model, str(number))
            assert await _next(fast) == str(number)
        assert await _next(slow) == "5"
        await _until_idle(computing)
        waiting = asyncio.ensure_future(_next(slow))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])


async def test_what_disappears_ends_its_subscriptions(db: Database, database_url: str) -> None:
    model = await factories.model(db, name="m", description="0")
    async with _watching(db, database_url) as (made, _, _):
        streams = [made.states("m", "m") for _ in range(2)]
        for stream in streams:
            await _next(stream)
        async with db.write("tests") as session:
            await session.delete(await session.get_one(Model, model.id))
        for stream in streams:
            with pytest.raises(RequestError, match="no such model"):
                await _next(stream)
        assert made.count == 0
        with pytest.raises(RequestError, match="no such model"):
            await made.check("m", "m")
        with pytest.raises(RequestError, match="no such model"):
            await _next(made.states("m", "m"))


async def test_subscribers_wait_while_the_database_is_away(
    db: Database, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = await factories.model(db, name="m", description="0")
    async with (
        _watching(db, database_url) as (made, computing, _),
        aclosing(made.states("m", "m")) as states,
    ):
        await _next(states)
        computing.error = ConnectionRefusedError("away")
        with caplog.at_level(logging.ERROR):
            await _describe(db, model, "1")
            waiting = asyncio.ensure_future(_next(states))
            await asyncio.sleep(0.5)
            assert not waiting.done()
            computing.error = None
            assert await waiting == "1"


async def test_an_unexpected_error_is_logged_once_and_ends_the_subscriptions(
    db: Database, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await factories.model(db, name="m", description="0")
    async with _watching(db, database_url) as (made, computing, _):
        streams = [made.states("m", "m") for _ in range(3)]
        await asyncio.gather(*map(_next, streams))
        computing.error = ZeroDivisionError()
        with caplog.at_level(logging.ERROR):
            await factories.provider(db)
            for stream in streams:
                with pytest.raises(RequestError, match="the server's log"):
                    await _next(stream)
        assert len(caplog.records) == 1


async def test_a_stop_ends_every_stream(db: Database, database_url: str) -> None:
    await factories.model(db, name="m", description="0")
    async with _watching(db, database_url) as (made, _, broker):
        states = made.states("m", "m")
        await _next(states)
        broker.stop()
        for stream in (states, made.states("m", "m")):
            with pytest.raises(RequestError, match="stopping") as ended:
                await _next(stream)
            assert (ended.value.extensions or {})["code"] == "UNAVAILABLE"
        assert (made.count, broker.subscriber_count) == (0, 0)


async def test_the_limits_of_subscriptions_hold(db: Database, database_url: str) -> None:
    await factories.model(db, name="m", description="0")
    async with _watching(db, database_url, per_client_max=2) as (made, _, _):
        states = partial(made.states, "m", "m", Client("192.0.2.1"))
        one, other = states(), states()
        assert [await _next(one), await _next(other)] == ["0", "0"]
        with pytest.raises(RequestError, match="At most 2 subscriptions of one address"):
            await _next(states())
        await one.aclose()
        assert await _next(states()) == "0"
        await other.aclose()
