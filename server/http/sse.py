"""Server-sent events: the results of one operation per connection.

The protocol is "distinct connections mode" of
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, and what the EventSource of
browsers needs beside: GET, and an `id` with each event.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from resolvers.event_cursors import StreamPosition
from server.execution.subscriptions import failure
from server.http.request import disconnected
from server.http.responses import STREAM_HEADERS, event
from server.ops.logs import request_id

_KEEP_ALIVE_S = 12.0  # proxies close a connection that is silent for 30 to 60 s
_COMMENT = b":\n\n"
_RETRY_MS = (500, 2_000)  # after which a browser comes back, when its stream has failed


class EventStream:
    """A response that goes on until its results end or its client closes the connection.

    Its `position` is that of the last result, in a stream that has positions. The first line is its
    start, so that a client that loses the connection before the first event misses none.
    """

    def __init__(self, results: AsyncGenerator[bytes, None], position: StreamPosition) -> None:
        self._results = results
        self._position = position

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events, and comments while there are none."""
        await send({"type": "http.response.start", "status": 200, "headers": [*STREAM_HEADERS]})
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
            # without a part the head would wait for the first event
            cursor = self._position.cursor
            await send(_part(b":\nid: %s\n\n" % cursor.encode() if cursor else _COMMENT))
            async for part in parts:
                await send(_part(part))
        await send({"type": "http.response.body"})

    async def _events(self) -> AsyncGenerator[bytes, None]:
        try:
            async for body in self._results:
                yield event("next", body, self._position.cursor)
        except Exception as error:
            errors = failure(error, request_id())
            yield event("next", orjson.dumps({"errors": errors}))
            # of this server, perhaps, which stops: not all come back at the same time
            yield b"retry: %d\n\n" % random.randint(*_RETRY_MS)  # noqa: S311  # not a secret
        yield event("complete", b"")


def _part(content: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": True}


async def _with_comments(parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The parts, and a comment after each period without one."""
    iterator: AsyncIterator[bytes] = aiter(parts)
    async with aclosing(parts):
        while True:
            pending = asyncio.ensure_future(_next(iterator))
            try:
                while not (await asyncio.wait([pending], timeout=_KEEP_ALIVE_S))[0]:
                    yield _COMMENT
            except BaseException:
                pending.cancel()
                await asyncio.wait([pending])  # else the generator could not be closed
                raise
            part = pending.result()
            del pending
            if part is None:
                return
            yield part


async def _next(parts: AsyncIterator[bytes]) -> bytes | None:
    return await anext(parts, None)
