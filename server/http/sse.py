"""Server-sent events: one operation a connection, each of its results an event.

The protocol is "distinct connections mode" of
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import orjson
from graphql import ExecutionResult
from starlette.types import Receive, Scope, Send

from server import errors
from server.execution import subscriptions
from server.http import responses
from server.ops.logs import request_id

MEDIA_TYPE = "text/event-stream"

_KEEP_ALIVE_S = 12.0  # proxies close what is silent for 30 to 60 s
_COMMENT = b":\n\n"
_HEADERS = [
    (b"content-type", f"{MEDIA_TYPE}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"vary", b"accept"),
    (b"x-accel-buffering", b"no"),  # nginx would gather the events
]


class EventStream:
    """An answer that goes on until its results end or its client has gone."""

    def __init__(self, results: AsyncGenerator[ExecutionResult, None]) -> None:
        self._results = results

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events, and comments while there are none."""
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        tasks = [
            asyncio.ensure_future(self._send(send)),
            asyncio.ensure_future(_disconnected(receive)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        async with aclosing(self._results), aclosing(_with_comments(self._events())) as parts:
            await send(_part(_COMMENT))  # the head alone would wait for the first event
            async for part in parts:
                await send(_part(part))
        await send({"type": "http.response.body"})

    async def _events(self) -> AsyncGenerator[bytes, None]:
        try:
            async for result in self._results:
                yield _event("next", errors.body(result, request_id.get()))
        except Exception as cause:
            yield _event("next", {"errors": subscriptions.failure(cause)})
        yield _event("complete", None)


def is_wanted(accept: str) -> bool:
    """Whether a client takes events, by its Accept header."""
    return MEDIA_TYPE in accept.lower() and any(
        name == MEDIA_TYPE and q > 0 for name, q in responses.accepted(accept)
    )


def _part(content: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": True}


def _event(name: str, body: Any) -> bytes:
    data = b"" if body is None else orjson.dumps(body)
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)


async def _with_comments(parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The parts, and a comment whenever there was none for a while."""
    following: AsyncIterator[bytes] = aiter(parts)
    while True:
        coming = asyncio.ensure_future(_next(following))
        try:
            while not (await asyncio.wait([coming], timeout=_KEEP_ALIVE_S))[0]:
                yield _COMMENT
        finally:
            coming.cancel()  # does nothing to one that is done
        part = coming.result()
        if part is None:
            return
        yield part


async def _next(parts: AsyncIterator[bytes]) -> bytes | None:
    return await anext(parts, None)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
