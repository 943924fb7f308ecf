"""The beginnings and ends of connections: their number, timeouts, refusals, and clients that go."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from domain.operations import running, untraced
from resolvers.errors import UNAVAILABLE
from server.errors import TIMEOUT, HttpError
from server.execution.failures import error_response
from server.execution.representations import ANY
from server.http import responses
from server.http.access_log import log_request
from server.http.lingering import LingeringClose, is_peer_gone
from server.http.origins import NO_ORIGINS
from server.http.responses import HttpResponse
from server.http.state import STATE, ProtocolState
from server.ops import refused
from server.ops.connections import Connections
from server.ops.logs import new_request_id
from server.ops.stopping import Stop
from server.settings_http import HttpSettings

_PERIOD_S = 5.0  # between checks for timeouts, at most
_LOOK_AGAIN_S = 0.01  # after a timeout, to read what has arrived before
PAUSED_PERIOD_S = 1.0  # between checks for a client that has gone, while nothing is read
# When the server stops, a connection waits so long for a request that may be under way.
_LAST_REQUEST_S = 0.5
_SEND_TIMEOUT_S = 10.0  # for a client to read anything of a response


class EndingProtocol(HttpToolsProtocol):
    """One connection: who answers on it, and when it ends."""

    transport: asyncio.Transport

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        state: ProtocolState | None = self.app_state.get(STATE)
        self._connections = state.connections if state else _unshared()
        self._limits = self._connections.settings
        self._stop = state.stop if state else Stop()
        self._origins = state.hosts.origins if state else NO_ORIGINS
        # Bytes since the parser has completed a head or has given a part of a body: those of a
        # head, or of the trailers and extensions of chunks. Too few by one slice at most.
        self._silent_bytes, self._silent_since = 0, 0.0
        self.url, self.headers = b"", []
        self._held_bytes = 0
        self._is_over = False
        self._unparsed = bytearray()  # what arrived while a response was outstanding
        self._refusal: Exception | None = None  # the last response, which follows those outstanding
        self._direct: Any = None  # the exchange that the direct path answers
        self._asgi: RequestResponseCycle | None = None  # the one that the ASGI application answers
        self._timer: asyncio.TimerHandle | None = None
        self._period_s = min(_PERIOD_S, self.timeout_keep_alive)
        self._idle_since = self._due = 0.0  # `_due`: the timeout that has passed
        self._unsent, self._unsent_since = 0, 0.0

    @property
    def idle_since(self) -> float | None:
        """When the last response was complete, by perf_counter(); None while there is a request."""
        return None if self._is_outstanding() else self._idle_since

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Called by the event loop."""
        super().connection_made(transport)
        self._idle_since = perf_counter()
        self._set_timer(self._period_s)
        self._connections.open = self.connections
        if not self._connections.admit(self):
            message, headers = "Too many connections; try again", {"retry-after": "1"}
            self._refuse(HttpError(503, message, UNAVAILABLE, headers))

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._release()
        waiting = [cycle for cycle, _ in self.pipeline]
        self.pipeline.clear()
        for cycle in (*waiting, self._asgi):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True  # uvicorn does it for the last one only
                cycle.message_event.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Called when the server stops: the next response on each connection is its last one.

        A client may be sending a request on a connection that was used a moment ago.
        """
        self._stop.is_stopping = True
        if self.idle_since is not None and perf_counter() - self.idle_since < _LAST_REQUEST_S:
            self.loop.call_later(_LAST_REQUEST_S, super().shutdown)
        else:
            super().shutdown()

    def close_idle(self) -> None:
        """Close a connection that has no request."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def overload(self) -> None:
        """End a connection that holds too much memory for too long, and free that at once."""
        self._unparsed.clear()
        if self.cycle is not None:
            self.cycle.body = bytearray()
        self.transport.abort()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._asgi = cycle
        if self._stop.is_stopping:
            cycle.default_headers = [*cycle.default_headers, (b"connection", b"close")]
        super()._start_asgi_task(cycle, app)

    def _is_outstanding(self) -> bool:
        cycle = self.cycle
        is_open = cycle is not None and not (cycle.response_complete or cycle.disconnected)
        return is_open or bool(self.pipeline)

    def _refuse(self, error: Exception) -> None:
        """Answer with an error after all earlier requests; the rest of the connection is void."""
        if self.transport.is_closing() or self._refusal is not None:
            return
        self._refusal = error
        self._unparsed.clear()
        cycle = self.cycle
        if cycle is not None and cycle.more_body and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
            if self.pipeline:
                self.pipeline.popleft()
                self.cycle = self.pipeline[0][0] if self.pipeline else self._direct or self._asgi  # type: ignore[assignment]  # one of them is there
            elif cycle.response_started:
                refused.count(error)
                self.transport.abort()
                return
        if not self._is_outstanding():
            self._end()

    def _end(self) -> None:
        """The response to what was refused."""
        assert self._refusal is not None
        identifier, started_at = new_request_id(), perf_counter()
        with running(untraced(identifier)):
            response = error_response(self._refusal, identifier)
            log_request("-", "-", response.status, started_at, None)
        http = responses.to_http(response, ANY)
        parts = self._head_parts(http, identifier, False, dict(self.headers).get(b"origin"))
        self.transport.write(b"".join(parts) + http.body)
        self._linger()

    def _linger(self) -> None:
        """End the connection after its last response, while its client may still send."""
        self._release()
        if not self.transport.is_closing():
            self.flow.resume_reading()
            LingeringClose(self.transport, self.connections)
            # as uvicorn does it: the parser refers to this connection
            self.parser = None  # type: ignore[assignment]  # nothing is parsed any more

    def _head_parts(
        self,
        http: HttpResponse,
        identifier: str,
        is_kept: bool,
        origin: bytes | None,
        trace: bytes = b"",
    ) -> list[bytes]:
        parts = [
            responses.encode_head(http.status, http.headers),
            self._origins.headers(origin).lines,
        ]
        for name, value in self.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        if not is_kept and (b"connection", b"close") not in http.headers:
            parts.append(b"connection: close\r\n")
        if http.status != responses.NOT_MODIFIED:
            parts.append(b"content-length: %d\r\n" % len(http.body))
        parts += (trace, b"x-request-id: ", identifier.encode(), b"\r\n\r\n")
        return parts

    def _release(self) -> None:
        """Give back what this connection has: it ends, or another protocol takes it over."""
        self._is_over = True
        self._unparsed.clear()
        self._held_bytes = 0
        if self.cycle is not None and self.cycle.more_body:
            self.cycle.body = bytearray()
        self._connections.received.hold(self, 0)
        self._connections.unsent.hold(self, 0)
        self.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self, delay_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(delay_s, self._check_timeouts)

    def _check_timeouts(self) -> None:
        """One timer per connection checks for timeouts: one per request would cost 1 us."""
        now = perf_counter()
        is_paused = self.flow.read_paused
        if self._is_stalled(now) or (is_paused and is_peer_gone(self.transport)):
            self.transport.abort()
            return
        until, end = self._deadline()
        if until is None or self._unsent:
            self._set_timer(PAUSED_PERIOD_S if is_paused else self._period_s)
        elif until > now:
            self._set_timer(min(until - now, self._period_s))
        elif until != self._due:  # what has arrived may not be read yet: the event loop is late
            self._due = until
            self._set_timer(_LOOK_AGAIN_S)
        else:
            end()

    def _is_stalled(self, now: float) -> bool:
        """Whether the client reads nothing of what was written, for too long."""
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        return unsent > 0 and now - self._unsent_since > _SEND_TIMEOUT_S

    def _deadline(self) -> tuple[float | None, Callable[[], None]]:
        """When which timeout passes; None while a request is being answered."""
        if self._is_outstanding():
            return None, self.close_idle
        if self._silent_bytes:
            since = max(self._idle_since, self._silent_since)
            return since + self._limits.head_timeout_s, self._refuse_late_head
        return self._idle_since + self.timeout_keep_alive, self.close_idle

    def _refuse_late_head(self) -> None:
        message = f"The head did not come within {self._limits.head_timeout_s:g} s"
        self._refuse(HttpError(408, message, TIMEOUT))


def _unshared() -> Connections:
    """The default limits, for an application that gives none."""
    return Connections(HttpSettings.model_construct())
