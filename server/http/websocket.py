"""GraphQL over WebSocket: several concurrent operations on one socket.

Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md (graphql-transport-ws). This
replaces Strawberry's handler, which closes the socket on a syntax error, fails on a message that is
not an object, and keeps one context for the socket's life. The older protocol, graphql-ws, is not
supported.
"""

import asyncio
from contextlib import (
    ExitStack,
    aclosing,
    suppress,
)
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
from graphql import OperationType
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from domain.access import Identity
from domain.operations import current
from resolvers.errors import LIMIT_EXCEEDED
from server.access.sessions import AccessEnded
from server.errors import HttpError
from server.execution import parameters
from server.execution.messages import GraphQLRequest
from server.execution.pipeline import RequestPipeline
from server.execution.prepared import Caller
from server.execution.subscriptions import failure
from server.http import socket_messages
from server.http.access_log import log_socket_operation
from server.http.request import address_of
from server.http.socket_counts import SocketCounts
from server.http.socket_messages import ProtocolError, ServerStops
from server.ops import refused
from server.ops.logs import new_request_id, request_id

PROTOCOL = "graphql-transport-ws"
OTHER_PROTOCOL = 4406
FORBIDDEN = 4403  # the code of graphql-ws for a caller that is not let in
TRY_AGAIN = 1013  # that of WebSocket for a server that cannot tell now
TOO_MANY = 4429  # as for floods
RESTART = 1012  # that of WebSocket for a server that stops

_REASON_BYTES_MAX = 123  # a control frame has no room for more
_INIT_WAIT_S = 5.0
# Operations of a socket that run and have no result yet; with more, its messages wait.
_STARTING_MAX = 16
# Queries and mutations of a socket that run, or whose response waits to be sent.
_RESPONSES_MAX = 8
_LAST_RESULTS_S = 0.1  # for subscriptions to say why they end, when the server stops


@dataclass(slots=True)
class SocketEndpoint:
    """The ASGI application for WebSockets."""

    pipeline: RequestPipeline
    counts: SocketCounts = field(init=False)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # to start an operation

    def __post_init__(self) -> None:
        self.counts = SocketCounts(self.pipeline.operations.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed."""
        socket = WebSocket(scope, receive, send)
        client = address_of(scope)
        refusal = self.counts.refusal(client)
        if refusal is not None:
            refused.note(refused.TOO_MANY_SOCKETS)
            await socket.send_denial_response(refusal)
            return
        with self.counts.of_client(client):
            protocol = PROTOCOL if PROTOCOL in scope["subprotocols"] else None
            await socket.accept(protocol)
            if protocol is None:
                refused.note(refused.of_close_code(OTHER_PROTOCOL))
                await socket.close(OTHER_PROTOCOL, f"Only the subprotocol {PROTOCOL} is supported")
            else:
                credential = dict(scope["headers"]).get(b"authorization", b"")
                await _Connection(socket, self, client, credential).serve()


class _Connection:
    """One socket and its operations."""

    def __init__(
        self, socket: WebSocket, endpoint: SocketEndpoint, client: str, credential: bytes
    ) -> None:
        self._socket = socket
        self._pipeline = endpoint.pipeline
        self._endpoint = endpoint
        self._client = client
        self._credential = credential  # of the handshake, or of connection_init
        self._operations: dict[str, asyncio.Task[None]] = {}  # those that the client knows of
        self._tasks: set[asyncio.Task[None]] = set()  # also those that have to send their end
        self._answering: set[asyncio.Task[None]] = set()  # queries and mutations
        self._starting = asyncio.Semaphore(_STARTING_MAX)
        self._responses = asyncio.Semaphore(_RESPONSES_MAX)
        self._sending = asyncio.Lock()

    async def serve(self) -> None:
        """Handle messages until either side closes the socket."""
        try:
            identity, counts = await self._initialise(), self._endpoint.counts
            if counts.are_too_many_of(identity):
                message = "Too many sockets of this token are open"
                raise ProtocolError(TOO_MANY, message, refused.TOO_MANY_SOCKETS)
            sessions = self._pipeline.sessions
            with counts.of_token(identity), sessions.opened(identity) as session:
                await self._send({"type": "connection_ack"})
                async with session.until_end():
                    while True:
                        await self._handle(await self._receive())
                        await asyncio.sleep(0)  # other connections come between two messages
        except AccessEnded as ended:
            refused.note(refused.ACCESS_ENDED)
            await self._end(FORBIDDEN, str(ended))
        except ProtocolError as error:
            refused.note(error.counted)
            await self._end(error.code, error.reason)
        except ServerStops:
            await self._finish()
            await self._end(RESTART, "This server is stopping; connect again, to another one")
        except WebSocketDisconnect:
            pass
        finally:
            await self._cancel_operations()

    async def _finish(self) -> None:
        """Wait for answers, which end in time, and for what subscriptions say last."""
        if self._answering:
            await asyncio.wait(self._answering)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LAST_RESULTS_S)

    async def _end(self, code: int, reason: str) -> None:
        await self._cancel_operations()
        with suppress(WebSocketDisconnect, WebSocketDisconnected):
            reason = reason.encode()[:_REASON_BYTES_MAX].decode(errors="ignore")
            await self._socket.close(code, reason)

    async def _cancel_operations(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._operations.clear()

    async def _receive(self) -> dict[str, Any]:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        return socket_messages.decoded(message)

    async def _initialise(self) -> Identity:
        """Wait for the client's first message; returns who it is."""
        try:
            async with asyncio.timeout(_INIT_WAIT_S):
                message = await self._receive()
                while message["type"] in ("ping", "pong"):
                    await self._handle(message)
                    message = await self._receive()
        except TimeoutError:
            raise ProtocolError(4408, "Connection initialisation timeout") from None
        if message["type"] != "connection_init":
            raise ProtocolError(4401, "Unauthorized: connection_init comes first")
        self._credential = socket_messages.credential(message) or self._credential
        return await self._authenticated()

    async def _authenticated(self) -> Identity:
        """Refuse a caller that may do nothing; each operation is authenticated again."""
        request = self._request(b"")
        try:
            await self._pipeline.authenticate(request)
        except HttpError as error:
            is_refused = error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
            code = FORBIDDEN if is_refused else TRY_AGAIN
            raise ProtocolError(code, str(error), refused.reason(error)) from None
        return request.caller.authenticated

    def _request(self, payload: bytes) -> GraphQLRequest:
        caller = Caller(new_request_id(), self._credential, self._client)
        made = GraphQLRequest(payload, parameters.from_message, caller)
        made.reads_primary = True
        return made

    async def _handle(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                task = self._operations.pop(socket_messages.id_of(message), None)
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

    async def _subscribe(self, message: dict[str, Any]) -> None:
        key = socket_messages.id_of(message)
        count_max = self._pipeline.operations.settings.socket_operations_max
        if key in self._operations:
            raise ProtocolError(4409, f"Subscriber for {key[:32]} already exists")
        if len(self._tasks) >= count_max:
            error = HttpError(400, f"At most {count_max} operations on a socket", LIMIT_EXCEEDED)
            await self._send_errors(key, failure(error, request_id()))
            return
        operation = self._request(orjson.dumps(message.get("payload")))
        await self._starting.acquire()
        slot = ExitStack()
        slot.callback(self._starting.release)  # when it is closed first
        async with self._endpoint.turn:
            task = asyncio.create_task(self._operate(key, operation, slot))
            self._operations[key] = task
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._forget(done, slot))
            await asyncio.sleep(0)  # it is checked now, and the next one after other connections

    def _forget(self, task: "asyncio.Task[None]", slot: ExitStack) -> None:
        self._tasks.discard(task)
        slot.close()

    async def _operate(self, key: str, operation: GraphQLRequest, slot: ExitStack) -> None:
        """Run one operation, and end it with a message, unless the client has ended it."""
        current.set((operation,))  # of this task
        errors: Any = None
        try:
            errors = await self._run(key, operation, slot)
        except WebSocketDisconnect:
            return
        except Exception as error:
            errors = failure(error, operation.caller.request_id)
            operation.code = str(errors[0]["extensions"]["code"])
        finally:
            log_socket_operation(operation)
        if self._operations.get(key) is not asyncio.current_task():
            return
        del self._operations[key]  # before the last message: then the client may reuse the id
        with suppress(WebSocketDisconnect):
            if errors is None:
                await self._send({"id": key, "type": "complete"})
            else:
                await self._send_errors(key, errors)

    async def _run(self, key: str, operation: GraphQLRequest, slot: ExitStack) -> Any:
        """Send the results of an operation; gives the errors of one that was not executed."""
        if (await self._pipeline.prepared(operation)).kind is OperationType.SUBSCRIPTION:
            async with aclosing(await self._pipeline.subscribe(operation)) as bodies:
                slot.close()
                async for body in bodies:
                    await self._send_next(key, body)
            return None
        task = asyncio.current_task()
        assert task is not None
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        async with self._responses:
            response = await self._pipeline.run(operation)
            if response.is_rejected or response.status != 200:
                return orjson.loads(response.body)["errors"]
            await self._send_next(key, response.body)
        return None

    async def _send_next(self, key: str, body: bytes) -> None:
        head = orjson.dumps({"id": key, "type": "next"})
        await self._send_text(head[:-1] + b',"payload":' + body + b"}")

    async def _send_errors(self, key: str, errors: Any) -> None:
        await self._send({"id": key, "type": "error", "payload": errors})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._send_text(orjson.dumps(message))

    async def _send_text(self, text: bytes) -> None:
        """Send a message; uvicorn waits until the client reads, here only one message does."""
        async with self._sending:
            try:
                await self._socket.send_text(text.decode())
            except WebSocketDisconnected:  # an earlier message was told first
                raise WebSocketDisconnect(1006) from None
