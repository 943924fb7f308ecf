"""uvicorn's HTTP protocol with a direct path: from its parser straight to the request pipeline.

A POST, GET or HEAD of /graphql needs no ASGI scope, no task and no timer of its own: httptools
parses the head, the pipeline answers it, the response is written. Everything else goes to the ASGI
application. This depends on the internals of uvicorn 0.54, so its version is pinned to a minor
line. docs/decisions/0018-the-direct-path.md
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.execution.in_flight import InFlightRequest
from server.execution.pipeline import (
    CLIENT_GONE,
    GraphQLRequest,
    GraphQLResponse,
    RequestPipeline,
    client_gone,
    error_response,
)
from server.http import request, responses
from server.http.endpoint import wants_page
from server.http.middleware import is_request_logged, log_request
from server.http.request import PATH, RequestHead
from server.ops.logs import logged_as

STATE = "registry.pipeline"  # the key of the pipeline in the lifespan's state

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
    body: bytes = b""
    operation: GraphQLRequest | None = None  # once the body is complete
    running: InFlightRequest[GraphQLResponse] | None = None
    response_complete: bool = False
    disconnected: bool = False
    message_event: asyncio.Event = _NO_EVENT


class Protocol(HttpToolsProtocol):
    """One connection. HTTP/1.1 responds in order: at most one exchange is direct at a time."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._pipeline: RequestPipeline | None = self.app_state.get(STATE)
        self._receiving: DirectExchange | None = None  # its body is not complete
        self._direct: DirectExchange | None = None  # the pipeline answers it
        self._unparsed = b""  # what arrived meanwhile
        self._timer: asyncio.TimerHandle | None = None
        self._idle_since = 0.0
        if self._pipeline is not None:
            settings = self._pipeline.operations.settings
            self._body_bytes_max = settings.body_bytes_max
            self._timeout_ms = settings.operation_timeout_ms
            self._period_s = min(self._timeout_ms / 1_000, self.timeout_keep_alive)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Called by the event loop."""
        super().connection_made(transport)
        if self._pipeline is not None:
            self._idle_since = perf_counter()
            self._set_timer(self._period_s)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop; what arrives during a direct exchange is parsed after it."""
        if self._direct is None:
            super().data_received(data)
        else:
            self._unparsed += data
            self.flow.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop: a query whose client is gone is cancelled."""
        self._unparsed = b""
        self._cancel_timer()
        direct = self._direct
        if direct is not None and direct.running and direct.operation:
            direct.disconnected = True
            if not direct.operation.outlives_client:
                direct.running.cancel(client_gone())
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Called by uvicorn: another protocol takes the connection over."""
        self._cancel_timer()
        if self._direct is None:
            super().handle_websocket_upgrade()
        else:  # a response would be written into the socket
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn for malformed bytes: the response to an earlier request comes first."""
        if self._direct is None:
            super().send_400_response(msg)
        else:
            self._direct.keep_alive = False

    def on_message_begin(self) -> None:
        """Called by the parser. The ASGI scope is made when the request turns out to need one."""
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser for each header."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Called by the parser: choose between the direct path and the ASGI application."""
        head = self._direct_head()
        if head is not None:
            identifier = request.request_id_of(head.headers)
            is_kept = self.parser.should_keep_alive()
            exchange = DirectExchange(head, is_kept, identifier, perf_counter())
            self.cycle = self._receiving = exchange  # type: ignore[assignment]  # for uvicorn's cycle
            return
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if self._receiving is not None:
            self._receiving.body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._receiving is not None:
            self._start(self._receiving)
        else:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Called after each response: as uvicorn does it, without a timer per request."""
        if self._pipeline is None:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self._idle_since = perf_counter()
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)

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
        is_direct = request.is_in_order(head, self._body_bytes_max) and not wants_page(head)
        return head if is_direct and self.parser.get_http_version() == "1.1" else None

    def _start(self, exchange: DirectExchange) -> None:
        assert self._pipeline is not None  # the exchange is direct
        self._receiving, self._direct = None, exchange
        exchange.operation = request.graphql_request(
            exchange.head, exchange.body, exchange.request_id
        )
        running = self._pipeline.start(exchange.operation, self._respond)
        if not exchange.response_complete:
            exchange.running = running

    def _respond(self, response: GraphQLResponse) -> None:
        exchange = self._direct
        assert exchange is not None  # it ends with its response
        is_gone = self.transport.is_closing()
        self._direct = None
        exchange.response_complete = True
        if not is_gone:
            self._write(exchange, response)
        status = CLIENT_GONE if is_gone else response.status
        name = exchange.operation.operation_name if exchange.operation else None
        if is_request_logged():
            with logged_as(exchange.request_id):
                log_request(exchange.head.method, PATH, status, exchange.started_at, name)
        self.on_response_complete()
        if not exchange.keep_alive:
            self.transport.close()
        elif self._unparsed:
            data, self._unparsed = self._unparsed, b""
            self.data_received(data)

    def _write(self, exchange: DirectExchange, response: GraphQLResponse) -> None:
        head = exchange.head
        http = responses.to_http(response, responses.media_type(head.accept), head.if_none_match)
        parts = [responses.encode_head(http.status, http.headers)]
        for name, value in self.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        if (b"connection", b"close") in http.headers:
            exchange.keep_alive = False
        elif not exchange.keep_alive:
            parts.append(b"connection: close\r\n")
        if http.status != HTTPStatus.NOT_MODIFIED:
            parts.append(b"content-length: %d\r\n" % len(http.body))
        parts += (b"x-request-id: ", exchange.request_id.encode(), b"\r\n\r\n")
        body = b"" if head.method == "HEAD" else http.body
        if len(body) <= _COPIED_BYTES_MAX:
            parts.append(body)
            self.transport.write(b"".join(parts))
        else:
            self.transport.writelines((b"".join(parts), body))

    def _set_timer(self, delay_s: float) -> None:
        self._timer = self.loop.call_later(delay_s, self._check_timeouts)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _check_timeouts(self) -> None:
        """One timer per connection checks for timeouts: one per request would cost 1 us."""
        end: Callable[[], None]
        delay_s = self._period_s
        if self._receiving is not None:
            end = self._refuse_late_body
            left_s = self._receiving.started_at + self._timeout_ms / 1_000
        elif self.cycle is None or self.cycle.response_complete:
            end, left_s = self.transport.close, self._idle_since + self.timeout_keep_alive
        else:  # the request is being answered
            self._set_timer(delay_s)
            return
        left_s -= perf_counter()
        if left_s > 0:
            self._set_timer(min(left_s, delay_s))
        else:
            end()

    def _refuse_late_body(self) -> None:
        """The response to half a body, and the end of the connection."""
        exchange = self._receiving
        assert exchange is not None
        self._receiving, self._direct = None, exchange
        late = request.body_timeout(self._timeout_ms)
        with logged_as(exchange.request_id):
            self._respond(error_response(late, exchange.request_id))
