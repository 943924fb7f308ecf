"""How long a request is worked on."""

import asyncio
import gc
import weakref

import psycopg
import pytest
from sqlmodel import select
from starlette.types import Message

from db.postgres.engine import Database
from db.tables import Model
from server.http.deadline import RequestDeadline
from tests.server.conftest import Serving

CREATE = """mutation { createModel(input: {name: "a", task: CHAT}) { userErrors { code } } }"""


async def _silent() -> Message:
    """A client that stays, and says nothing more."""
    await asyncio.sleep(3_600)
    return {"type": "http.disconnect"}


async def _patient(work_s: float, timeout_ms: int) -> str:
    async with RequestDeadline(_silent, timeout_ms):
        await asyncio.sleep(work_s)
    return "done"


async def test_a_mutation_whose_client_has_gone_is_done_all_the_same(
    serve: Serving, db: Database, database_url: str
) -> None:
    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE models")
        async with serve() as client:
            asking = asyncio.ensure_future(client.post("/graphql", json={"query": CREATE}))
            await asyncio.sleep(0.5)  # a query would be watched by then
            asking.cancel()
            await asyncio.wait([asking])
            await asyncio.sleep(0.2)
            blocker.rollback()
            async with asyncio.timeout(10):
                while not await _names(db):  # noqa: ASYNC110  # nobody tells it, the client is gone
                    await asyncio.sleep(0.02)
    assert await _names(db) == ["a"]


async def _names(db: Database) -> list[str]:
    async with db.read() as session:
        return [model.name for model in await session.exec(select(Model))]


async def test_work_that_ends_in_time_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    assert await _patient(0.15, 250) == "done"  # it is watched after 0.1 s
    await asyncio.sleep(0.15)
    assert asyncio.all_tasks() == before


async def test_a_request_that_was_watched_is_freed_at_once() -> None:
    """A cycle would wait for the garbage collector, with all that the request has."""

    async def receive() -> Message:
        return await _silent()

    freed = weakref.ref(receive)
    gc.disable()
    try:
        async with RequestDeadline(receive, 250):
            await asyncio.sleep(0.15)  # it is watched after 0.1 s
        del receive
        await asyncio.sleep(0)  # the watcher ends
        assert freed() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("timeout_ms", [20, 150], ids=["before it is watched", "and after"])
async def test_work_that_takes_too_long_is_cancelled_and_the_task_goes_on(timeout_ms: int) -> None:
    with pytest.raises(TimeoutError):
        await _patient(60, timeout_ms)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


@pytest.mark.parametrize("after_s", [0.02, 0.15], ids=["before it is watched", "and after"])
async def test_whoever_else_cancels_is_not_taken_for_a_timeout(after_s: float) -> None:
    working = asyncio.ensure_future(_patient(60, 60_000))
    await asyncio.sleep(after_s)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def _fails_when_cancelled() -> None:
    async with RequestDeadline(_silent, 10):
        try:
            await asyncio.sleep(60)
        finally:
            raise ZeroDivisionError


async def test_an_error_of_the_work_itself_is_not_replaced() -> None:
    with pytest.raises(ZeroDivisionError):
        await _fails_when_cancelled()
