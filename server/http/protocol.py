"""uvicorn's HTTP protocol with a direct path: from its parser straight to the request pipeline.

A POST, GET or HEAD of /graphql needs no ASGI scope, no task and no timer of its own: httptools
parses the head, the pipeline answers it, the response is written. Everything else goes to the ASGI
application. This depends on the internals of uvicorn 0.54, so its version is pinned to a minor
line. docs/decisions/0018-the-direct-path.md
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, ClassVar

from domain.operations import running, untraced
from resolvers.errors import UNAVAILABLE
from server.access.authentication import Connection
from server.errors import HttpError
from server.execution.failures import CLIENT_GONE, client_gone, error_response
from server.execution.in_flight import InFlightRequest
from server.execution.messages import GraphQLRequest, GraphQLResponse
from server.http import request, responses
from server.http.access_log import is_request_logged, log_request
from server.http.connection import BoundedProtocol
from server.http.endpoint import wants_page
from server.http.open_mode import is_here
from server.http.request import PATH, RequestHead
from server.http.state import STATE, ProtocolState

_PATH = PATH.encode()
_QUERY = _PATH + b"?"
_METHODS = {b"POST": "POST", b"GET": "GET", b"HEAD": "HEAD"}
_COPIED_BYTES_MAX = 65_536  # a larger body is not copied behind its head

_NO_EVENT = asyncio.Event()  # uvicorn sets it to wake an ASGI application; nobody waits for it


@dataclass(slots=True, eq=False)
class DirectExchange:
    """A request on the direct path; uvicorn's protocol takes it for its own request cycle."""

    head: RequestHead
    keep_alive: bool
    request_id: str
    started_at: float
    body: bytes | bytearray = b""
    more_body: bool = True
    operation: GraphQLRequest | None = None  # once the body is complete
    running: InFlightRequest[GraphQLResponse] | None = None
    response_complete: bool = False
    disconnected: bool = False
    response_started: ClassVar[bool] = False
    message_event: ClassVar[asyncio.Event] = _NO_EVENT


class Protocol(BoundedProtocol):
    """One connection. HTTP/1.1 responds in order: at most one exchange is direct at a time."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._receiving: DirectExchange | None = None  # its body is not complete
        state: ProtocolState | None = self.app_state.get(STATE)
        self._pipeline = state.pipeline if state else None
        if state is not None:
            settings = state.pipeline.operations.settings
            self._hosts = state.hosts
            self._host: bytes | None = None  # the last ones that were allowed
            self._origin: bytes | None = None
            self._connection = Connection()
            self._open_mode = state.open_mode
            self._body_bytes_max = settings.body_bytes_max
            self._requires_tokens = settings.require_tokens
            self._timeout_ms = settings.operation_timeout_ms
            self._period_s = min(self._timeout_ms / 1_000, self._period_s)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Called by the event loop: a connection that is refused takes no direct path."""
        super().connection_made(transport)
        if self._pipeline is not None and self._open_mode is not None and not is_here(self.server):
            self._pipeline = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop: a query whose client is gone is cancelled."""
        direct: DirectExchange | None = self._direct
        super().connection_lost(exc)
        if direct is not None and direct.running and direct.operation:
            direct.disconnected = True
            if not direct.operation.outlives_client:
                direct.running.cancel(client_gone())

    def overload(self) -> None:
        """End a connection that holds too much memory for too long; a slow body gets a response."""
        if self._receiving is None:
            super().overload()
        else:
            message = "Too many requests are being received at once"
            self._end_receiving(HttpError(503, message, UNAVAILABLE, {"retry-after": "1"}))

    def on_headers_complete(self) -> None:
        """Called by the parser: choose between the direct path and the ASGI application."""
        head = self._direct_head()
        if head is None:
            super().on_headers_complete()
            return
        self._check_head()
        identifier = request.request_id_of(head.headers)
        is_kept = self.parser.should_keep_alive() and not self._stop.is_stopping
        exchange = DirectExchange(head, is_kept, identifier, perf_counter())
        self.cycle = self._receiving = exchange  # type: ignore[assignment]  # for uvicorn's cycle
        if self._requires_tokens and not head.headers.get(b"authorization"):
            self.loop.call_soon(self._refuse_anonymous, exchange)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        exchange = self._receiving
        if exchange is None:
            super().on_body(body)
            return
        self._silent_bytes = 0
        if not exchange.body:
            exchange.body = body  # the whole body, most of the time
        else:
            if isinstance(exchange.body, bytes):
                exchange.body = bytearray(exchange.body)  # each part would copy all before it
            exchange.body += body

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._receiving is not None:
            self._start(self._receiving)
        else:
            super().on_message_complete()

    def _direct_head(self) -> RequestHead | None:
        """The head of a request for the direct path; None for the ASGI application."""
        method = _METHODS.get(self.parser.get_method())
        url, cycle = self.url, self.cycle
        if method is None or self._pipeline is None or not url.startswith(_PATH):
            return None
        if (cycle is not None and not cycle.response_complete) or self.parser.should_upgrade():
            return None
        if url != _PATH and not url.startswith(_QUERY):
            return None
        head = RequestHead(method, url[len(_QUERY) :], dict(self.headers))
        if len(head.headers) != len(self.headers) and not request.is_direct(self.headers):
            return None
        host, origin = head.headers.get(b"host", b""), head.headers.get(b"origin")
        if host != self._host or origin != self._origin:
            if not (self._hosts.is_allowed(host) and self._hosts.is_page_allowed(origin, host)):
                return None
            self._host, self._origin = host, origin
        if self._open_mode is not None and self._open_mode.is_new_proxy(head.headers):
            return None
        is_direct = request.is_in_order(head, self._body_bytes_max) and not wants_page(head)
        return head if is_direct and self.parser.get_http_version() == "1.1" else None

    def _start(self, exchange: DirectExchange) -> None:
        assert self._pipeline is not None  # the exchange is direct
        self._receiving, self._direct = None, exchange
        exchange.more_body = False
        if self._held_bytes:
            self._account()
        body = exchange.body
        if not isinstance(body, bytes):
            body = bytes(body)
        client = self.client[0] if self.client else ""
        exchange.operation = request.graphql_request(
            exchange.head, body, exchange.request_id, client, self._connection
        )
        running = self._pipeline.start(exchange.operation, self._respond)
        if not exchange.response_complete:
            exchange.running = running

    def _respond(self, response: GraphQLResponse) -> None:
        exchange: DirectExchange | None = self._direct
        assert exchange is not None  # it ends with its response
        is_gone = self.transport.is_closing()
        self._direct = None
        exchange.response_complete = True
        if not is_gone:
            self._write(exchange, response)
        status = CLIENT_GONE if is_gone else response.status
        if is_request_logged():
            asked = exchange.operation
            with running(asked or untraced(exchange.request_id)):
                log_request(exchange.head.method, PATH, status, exchange.started_at, asked)
        if exchange.keep_alive:
            self.on_response_complete()
        elif exchange.more_body:
            self._linger()
        else:
            self.transport.close()
            self.on_response_complete()

    def _write(self, exchange: DirectExchange, response: GraphQLResponse) -> None:
        head = exchange.head
        accepted = exchange.operation.accepted if exchange.operation else head.accepted
        http = responses.to_http(response, accepted)
        if (b"connection", b"close") in http.headers:
            exchange.keep_alive = False
        origin, identifier = head.headers.get(b"origin"), exchange.request_id
        trace = exchange.operation.trace if exchange.operation else None
        line = trace.response_line if trace is not None else b""
        parts = self._head_parts(http, identifier, exchange.keep_alive, origin, line)
        body = b"" if head.method == "HEAD" else http.body
        if len(body) <= _COPIED_BYTES_MAX:
            parts.append(body)
            self.transport.write(b"".join(parts))
        else:
            self.transport.writelines((b"".join(parts), body))

    def _body_bytes_left(self) -> int:
        exchange = self._receiving
        if exchange is None:
            return 0
        return int(exchange.head.headers.get(b"content-length", b"0")) - len(exchange.body)

    def _partial_body_bytes(self) -> int:
        exchange = self._receiving
        return super()._partial_body_bytes() if exchange is None else len(exchange.body)

    def _deadline(self) -> tuple[float | None, Callable[[], None]]:
        if self._receiving is None:
            return super()._deadline()
        return self._receiving.started_at + self._timeout_ms / 1_000, self._refuse_late_body

    def _refuse_anonymous(self, exchange: DirectExchange) -> None:
        """Wait for no body of a caller without a credential; one that came at once is done."""
        if self._receiving is exchange and not self._is_over and self._pipeline is not None:
            try:
                self._pipeline.authentication.without_credential()
            except HttpError as error:
                self._end_receiving(error)

    def _refuse_late_body(self) -> None:
        """The response to half a body, and the end of the connection."""
        self._end_receiving(request.body_timeout(self._timeout_ms))

    def _end_receiving(self, error: HttpError) -> None:
        exchange = self._receiving
        assert exchange is not None
        self._receiving, self._direct = None, exchange
        exchange.keep_alive = False
        with running(untraced(exchange.request_id)):
            self._respond(error_response(error, exchange.request_id))
