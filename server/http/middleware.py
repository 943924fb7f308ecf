"""ASGI middleware: the check of hosts and origins, headers of each response, the access log."""

from collections.abc import Iterator
from time import perf_counter

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from domain.operations import running, untraced
from server.errors import HttpError
from server.execution.failures import error_response
from server.execution.messages import GraphQLRequest
from server.execution.representations import JSON
from server.http.access_log import log_request
from server.http.endpoint import REQUEST
from server.http.hosts import Hosts
from server.http.open_mode import OpenMode
from server.http.origins import Origins, is_preflight, preflight
from server.http.request import REQUEST_ID, check_single, request_id_of
from server.http.responses import SECURITY
from server.ops.logs import new_request_id, request_id

_NO_STORE = {"cache-control": "no-store"}


class HostCheck:
    """Refuses requests and WebSockets that name a foreign host, that a foreign page has sent, or
    that come from elsewhere to an open registry."""

    def __init__(self, app: ASGIApp, hosts: Hosts, open_mode: OpenMode | None) -> None:
        self.app = app
        self._hosts = hosts
        self._open_mode = open_mode

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        headers = dict(scope["headers"])
        try:
            if len(headers) != len(scope["headers"]):
                check_single(scope["headers"])
            if self._open_mode is not None:
                self._open_mode.check(scope.get("server"))
                self._open_mode.warn_of_proxy(headers)
            self._hosts.check(headers, scope["http_version"])
        except HttpError as error:
            response = error_response(error, request_id() or new_request_id())
            refusal = Response(response.body, response.status, _NO_STORE, JSON)
            if scope["type"] == "websocket":
                await WebSocket(scope, receive, send).send_denial_response(refusal)
            else:
                await refusal(scope, receive, send)
            return
        if scope["type"] == "http" and is_preflight(scope["method"], headers):
            await preflight(scope, receive, send)
            return
        await self.app(scope, receive, send)


class RequestLog:
    """Logs each request, and adds the headers that all responses have.

    One is X-Request-Id: a safe one of the client is taken, else a new one is made.
    """

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self.app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log it when it is answered."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = dict(scope["headers"])
        identifier = request_id_of(headers)
        more = (
            *SECURITY,
            *self._origins.headers(headers.get(b"origin")).headers,
            (REQUEST_ID, identifier.encode()),
        )
        started_at, status = perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *more, *_traced(scope)]
            await send(message)

        with running(untraced(identifier)) as own:
            try:
                await self.app(scope, receive, send_with_headers)
            finally:
                request: GraphQLRequest | None = scope.get(REQUEST)
                with running(own if request is None else request):
                    log_request(scope["method"], scope["path"], status, started_at, request)


def _traced(scope: Scope) -> Iterator[tuple[bytes, bytes]]:
    """The header that tells a client the trace of its operation, if it is recorded."""
    request: GraphQLRequest | None = scope.get(REQUEST)
    trace = request.trace if request is not None else None
    if trace is not None and trace.response_line:
        yield b"traceresponse", trace.traceparent.encode()
