"""Requests that run: their deadline, their end when a client goes away, their number."""

import asyncio
import gc
import weakref
from typing import Any

import psycopg
import pytest
from sqlmodel import select

from db.postgres.engine import Database
from db.tables import Model
from server.execution.in_flight import InFlightRequests, RequestCancelled, in_task
from tests.server.conftest import Serving

CREATE = """mutation { createModel(input: {name: "a", task: CHAT}) { userErrors { code } } }"""


async def _reported(work: Any) -> Any:
    """The result of the work, or the reason for which it was cancelled."""
    try:
        return await work
    except RequestCancelled as error:
        return error.reason


async def _outcome(work: Any, requests: InFlightRequests | None = None) -> Any:
    future = asyncio.get_running_loop().create_future()
    (requests or InFlightRequests(9, 60)).start(_reported(work), future.set_result)
    async with asyncio.timeout(20):
        return await future


async def _returns(future: "asyncio.Future[Any]") -> Any:
    return await future


async def test_a_mutation_is_done_although_its_client_has_gone(
    serve: Serving, db: Database, database_url: str
) -> None:
    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE models")
        async with serve() as client:
            posting = asyncio.ensure_future(client.post("/graphql", json={"query": CREATE}))
            await asyncio.sleep(0.5)
            posting.cancel()
            await asyncio.wait([posting])
            await asyncio.sleep(0.2)
            blocker.rollback()
            async with asyncio.timeout(10):
                while not await _names(db):  # noqa: ASYNC110  # the client is gone: nothing else tells
                    await asyncio.sleep(0.02)
    assert await _names(db) == ["a"]


async def _names(db: Database) -> list[str]:
    async with db.write("tests") as session:
        return [model.name for model in await session.exec(select(Model))]


async def test_a_request_runs_without_a_task() -> None:
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    before = asyncio.all_tasks()
    outcome = asyncio.get_running_loop().create_future()
    InFlightRequests(9, 60).start(_returns(future), outcome.set_result)
    assert asyncio.all_tasks() == before
    future.set_result("response")
    assert await outcome == "response"


async def test_a_request_that_awaits_nothing_ends_at_once() -> None:
    async def work() -> str:
        return "response"

    outcomes: list[Any] = []
    InFlightRequests(9, 60).start(work(), outcomes.append)
    assert outcomes == ["response"]


async def test_each_request_ends_at_its_deadline() -> None:
    requests = InFlightRequests(9, 0.1)
    loop = asyncio.get_running_loop()
    starts = [loop.time()]
    first = asyncio.ensure_future(_outcome(_returns(loop.create_future()), requests))
    await asyncio.sleep(0.05)
    starts.append(loop.time())
    second = asyncio.ensure_future(_outcome(_returns(loop.create_future()), requests))
    for request, start in zip((first, second), starts, strict=True):
        assert isinstance(await request, TimeoutError)
        assert loop.time() - start >= 0.1
    await requests.drained()


async def test_a_deadline_ends_the_task_of_a_request_first() -> None:
    steps = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            steps.append("rolled back")

    assert isinstance(await _outcome(in_task(work()), InFlightRequests(9, 0.05)), TimeoutError)
    assert steps == ["rolled back"]


async def test_the_first_reason_to_cancel_counts() -> None:
    outcomes: list[Any] = []
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    request = InFlightRequests(9, 60).start(_reported(future), outcomes.append)
    request.cancel(KeyError())
    request.cancel(TimeoutError())
    assert [type(outcome) for outcome in outcomes] == [KeyError]
    future.set_result("too late")
    await asyncio.sleep(0)
    assert len(outcomes) == 1


async def test_an_error_of_a_task_is_raised_where_it_is_awaited() -> None:
    async def fails() -> str:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    async def work() -> str:
        with pytest.raises(ZeroDivisionError):
            await in_task(fails())
        return "handled"

    assert await _outcome(work()) == "handled"


async def test_too_many_requests_are_noticed_by_the_last() -> None:
    requests = InFlightRequests(2, 60)
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    outcomes: list[Any] = []

    async def work() -> Any:
        return requests.are_too_many or await future

    for _ in range(3):
        requests.start(work(), outcomes.append)
    assert outcomes == [True]
    future.set_result("response")
    await requests.drained()
    assert outcomes == [True, "response", "response"]


async def test_nothing_is_left_of_a_request_that_has_ended() -> None:
    """A reference cycle would wait for the garbage collector, with all that the request holds."""

    class Held:
        pass

    async def work(held: Held) -> None:
        await asyncio.sleep(0)
        await future

    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    held = Held()
    freed = weakref.ref(held)
    gc.disable()
    try:
        request = InFlightRequests(9, 60).start(_reported(in_task(work(held))), lambda _: None)
        del held
        request.cancel(TimeoutError())
        await asyncio.sleep(0.05)
        assert freed() is None
    finally:
        gc.enable()
