"""Server-sent events: the results of one subscription per connection.

The protocol is "distinct connections mode" of
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from server.execution.subscriptions import failure
from server.http.request import disconnected
from server.http.responses import EVENT_STREAM
from server.ops.logs import request_id

_KEEP_ALIVE_S = 12.0  # proxies close a connection that is silent for 30 to 60 s
_COMMENT = b":\n\n"
_HEADERS = [
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"vary", b"accept"),
    (b"x-accel-buffering", b"no"),  # nginx would buffer the events
]


class EventStream:
    """A response that goes on until its results end or its client closes the connection."""

    def __init__(self, results: AsyncGenerator[bytes, None]) -> None:
        self._results = results

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events, and comments while there are none."""
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        tasks = [
            asyncio.ensure_future(self._send(send)),
            asyncio.ensure_future(disconnected(receive)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        async with aclosing(self._results), aclosing(_with_comments(self._events())) as parts:
            await send(_part(_COMMENT))  # without a part the head would wait for the first event
            async for part in parts:
                await send(_part(part))
        await send({"type": "http.response.body"})

    async def _events(self) -> AsyncGenerator[bytes, None]:
        try:
            async for body in self._results:
                yield _event("next", body)
        except Exception as error:
            errors = failure(error, request_id.get())
            yield _event("next", orjson.dumps({"errors": errors}))
        yield _event("complete", b"")


def _part(content: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": True}


def _event(name: str, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)


async def _with_comments(parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The parts, and a comment after each period without one."""
    iterator: AsyncIterator[bytes] = aiter(parts)
    while True:
        pending = asyncio.ensure_future(_next(iterator))
        try:
            while not (await asyncio.wait([pending], timeout=_KEEP_ALIVE_S))[0]:
                yield _COMMENT
        finally:
            pending.cancel()  # no effect on one that is done
        part = pending.result()
        if part is None:
            return
        yield part


async def _next(parts: AsyncIterator[bytes]) -> bytes | None:
    return await anext(parts, None)
