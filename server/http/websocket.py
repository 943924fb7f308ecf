"""GraphQL over WebSocket: several operations at once on one socket.

Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md (graphql-transport-ws). Own,
for Strawberry's closes the socket on a syntax error, dies of a message that is no object, and keeps
one context for as long as the socket lives. The older protocol, graphql-ws, is not spoken.
"""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from graphql import ExecutionResult, OperationType
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from resolvers.errors import LIMIT_EXCEEDED
from server import errors
from server.errors import HttpError
from server.execution import subscriptions
from server.execution.operations import Operations
from server.http import request
from server.ops.logs import new_request_id, request_id

PROTOCOL = "graphql-transport-ws"

_INIT_WAIT_S = 5.0


class ProtocolError(Exception):
    """A client that breaks the protocol; the socket is closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class SocketEndpoint:
    """The ASGI application that takes the sockets."""

    operations: Operations
    open_count: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket, for as long as it is open."""
        socket = WebSocket(scope, receive, send)
        refusal = self._refusal(socket)
        if refusal is not None:
            await socket.send_denial_response(refusal)
            return
        self.open_count += 1
        try:
            spoken = PROTOCOL if PROTOCOL in scope["subprotocols"] else None
            await socket.accept(spoken)
            if spoken is None:
                await socket.close(4406, f"Only the subprotocol {PROTOCOL} is spoken")
            else:
                await _Connection(socket, self.operations).serve()
        finally:
            self.open_count -= 1

    def _refusal(self, socket: WebSocket) -> Response | None:
        # Browsers let any site open a socket here, so it is for us to ask who does.
        origin = socket.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != socket.headers.get("host"):
            return PlainTextResponse("A socket from another site is refused\n", 403)
        if self.open_count >= self.operations.settings.sockets_max:
            return PlainTextResponse("Too many sockets are open\n", 503, {"retry-after": "5"})
        return None


class _Connection:
    """One socket and its operations."""

    def __init__(self, socket: WebSocket, operations: Operations) -> None:
        self._socket = socket
        self._operations = operations
        self._running: dict[str, asyncio.Task[None]] = {}
        self._mutations: set[asyncio.Future[ExecutionResult]] = set()

    async def serve(self) -> None:
        """Take messages until either side has enough."""
        try:
            await self._greet()
            while True:
                await self._take(await self._message())
        except ProtocolError as error:
            await self._end()
            await self._socket.close(error.code, error.reason)
        except WebSocketDisconnect:
            pass
        finally:
            await self._end()

    async def _end(self) -> None:
        """Cancel what runs, but for mutations: their clients may believe that they are done."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._mutations, return_exceptions=True)

    async def _message(self) -> dict[str, Any]:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        text = message.get("text")
        if text is None:
            raise ProtocolError(4400, "A message must be text")
        try:
            value = request.decoded(text.encode(), "The message")
        except HttpError:
            raise ProtocolError(4400, "A message must be JSON of few levels") from None
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):
            raise ProtocolError(4400, "A message must be an object with a type")
        return value

    async def _greet(self) -> None:
        try:
            async with asyncio.timeout(_INIT_WAIT_S):
                message = await self._message()
                while message["type"] in ("ping", "pong"):
                    await self._take(message)
                    message = await self._message()
        except TimeoutError:
            raise ProtocolError(4408, "Connection initialisation timeout") from None
        if message["type"] != "connection_init":
            raise ProtocolError(4401, "Unauthorized: connection_init comes first")
        await self._send({"type": "connection_ack"})

    async def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "subscribe":
                await self._begin(message)
            case "complete":
                task = self._running.pop(_id(message), None)
                if task is not None:
                    task.cancel()
            case "ping":
                await self._send({"type": "pong"})
            case "pong":
                pass
            case "connection_init":
                raise ProtocolError(4429, "Too many initialisation requests")
            case other:
                raise ProtocolError(4400, f"Unknown message type: {other[:64]}")

    async def _begin(self, message: dict[str, Any]) -> None:
        key, most = _id(message), self._operations.settings.socket_operations_max
        if key in self._running:
            raise ProtocolError(4409, f"Subscriber for {key[:32]} already exists")
        if len(self._running) >= most:
            limit = HttpError(400, f"At most {most} operations on a socket", LIMIT_EXCEEDED)
            await self._send({"id": key, "type": "error", "payload": subscriptions.failure(limit)})
            return
        task = asyncio.create_task(self._operate(key, message.get("payload")))
        self._running[key] = task

    async def _operate(self, key: str, payload: object) -> None:
        """Run one operation, and end it with a message, unless the client has ended it."""
        request_id.set(new_request_id())  # this task's own
        last: dict[str, Any] = {"id": key, "type": "complete"}
        try:
            await self._answer(key, payload)
        except WebSocketDisconnect:
            return
        except Exception as cause:
            last = {"id": key, "type": "error", "payload": subscriptions.failure(cause)}
        if self._running.get(key) is asyncio.current_task():
            del self._running[key]  # before the last message, after which it may be used again
            await self._send_last(last)

    async def _answer(self, key: str, payload: object) -> None:
        given = request.of_message(payload)
        prepared = self._operations.prepare(given)
        kind = prepared.kind
        if kind is not OperationType.SUBSCRIPTION:
            executing: asyncio.Future[ExecutionResult]
            executing = asyncio.ensure_future(self._operations.result(prepared))
            if kind is OperationType.MUTATION:
                self._mutations.add(executing)
                executing.add_done_callback(self._mutations.discard)
                executing = asyncio.shield(executing)
            await self._next(key, await executing)
            return
        async with aclosing(await self._operations.stream(prepared)) as results:
            async for result in results:
                await self._next(key, result)

    async def _next(self, key: str, result: ExecutionResult) -> None:
        payload = errors.body(result, request_id.get())
        await self._send({"id": key, "type": "next", "payload": payload})

    async def _send_last(self, message: dict[str, Any]) -> None:
        with suppress(WebSocketDisconnect):  # and so is nobody there to tell
            await self._send(message)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send_text(orjson.dumps(message).decode())


def _id(message: dict[str, Any]) -> str:
    key = message.get("id")
    if not isinstance(key, str) or not key:
        raise ProtocolError(4400, "The message needs an id")
    return key
