"""Ended subscriptions are freed by reference counting: a full garbage collection comes rarely."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import FrameType

import httpx
import pytest
from graphql import Executor

from resolvers.context import Context
from tests.server.conftest import Serving
from tests.server.sockets import events, greeted

LIVE = 'subscription { registryChanged(after: "ZXZlbnQ6MA") { cursor model { name } } }'
CREATE = 'mutation { createModel(input: {name: "m", task: CHAT}) { model { name } } }'
COUNT = 10


async def completed(client: httpx.AsyncClient) -> None:
    async with greeted(client) as socket:
        for key in map(str, range(COUNT)):
            await socket.subscribe(key, LIVE)
            await socket.data(key)
            await socket.send({"id": key, "type": "complete"})
        await socket.alive()


async def abandoned(client: httpx.AsyncClient) -> None:
    async with greeted(client) as socket:
        for key in map(str, range(COUNT)):
            await socket.subscribe(key, LIVE)
            await socket.data(key)


async def refused(client: httpx.AsyncClient) -> None:
    async with greeted(client) as socket:
        for key in map(str, range(COUNT)):
            await socket.subscribe(key, LIVE.replace("ZXZlbnQ6MA", "x"))
            assert (await socket.receive())["type"] == "error"


async def streams_abandoned(client: httpx.AsyncClient) -> None:
    for _ in range(COUNT):
        async with events(client, LIVE) as stream:
            await anext(stream)


@asynccontextmanager
async def garbage() -> AsyncIterator[Counter[str]]:
    """What only the garbage collector can free of what the block has left behind."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        await asyncio.sleep(0.2)  # the server notices that clients have gone
        gc.collect()
        found.update(
            "executor" if isinstance(each, Executor) else type(each).__name__
            for each in gc.garbage
            if isinstance(each, (Context, Executor, FrameType, asyncio.Task, AsyncGenerator))
        )
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize("end", [completed, abandoned, refused, streams_abandoned])
async def test_ended_subscriptions_leave_no_garbage(
    serve: Serving, end: Callable[[httpx.AsyncClient], Awaitable[None]]
) -> None:
    async with serve() as client:
        await client.post("/graphql", json={"query": CREATE})
        await end(client)  # documents are parsed, and connections opened
        async with garbage() as found:
            await end(client)
        assert not found
