"""uvicorn's HTTP protocol with bounds on what one connection can make the server do.

The head of a request has a largest size, and a time to arrive. While a response is outstanding, or
the client does not read, what arrives waits unparsed, and beyond 16 KiB it is not read at all. So a
connection has a few requests at a time, however many its client sends. Bytes are counted as they
arrive; only httptools parses them.
"""

from time import perf_counter
from typing import Any

import httptools

from resolvers.errors import LIMIT_EXCEEDED
from server.errors import HttpError
from server.http.ending import PAUSED_PERIOD_S, EndingProtocol
from server.ops import refused

# Parsed at a time: a few requests at most, as the parser cannot stop between two requests.
_SLICE_BYTES = 2_048
_CHUNK_BYTES_MIN, _SMALL_CHUNKS_BYTES = 32, 262_144  # on average, beyond so many chunks
_TURN_BYTES_MAX = 16_384  # parsed before the event loop may serve other connections
_WAITING_BYTES_MAX = 16_384  # of later requests; with more, nothing is read


class BoundedProtocol(EndingProtocol):
    """One connection."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_bytes_max = self._limits.head_bytes_max
        self._sure_bytes = self._head_bytes_max - _SLICE_BYTES  # a head of so few is not too large
        self._body_bytes = self._chunks = 0  # of an ASGI request, so far
        self._is_parsing = False
        self._is_upgrade_ignored = False

    def data_received(self, data: bytes) -> None:
        """Called by the event loop; what arrives while a response is outstanding waits."""
        cycle = self.cycle
        if (
            (cycle is None or cycle.response_complete or (cycle.more_body and not self.pipeline))
            and not (self._unparsed or self.flow.write_paused)
            and len(data) <= _SLICE_BYTES
        ):
            self._feed(data)
        else:
            self._unparsed += data
            self._parse()

    def pause_writing(self) -> None:
        """Called by the event loop when the client does not read what was written."""
        super().pause_writing()
        self._connections.unsent.hold(self, self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Called by the event loop when the client has read enough."""
        super().resume_writing()
        self._connections.unsent.hold(self, 0)
        self._go_on()

    def handle_websocket_upgrade(self) -> None:
        """Called for the head of a WebSocket: another protocol takes the connection over."""
        if self._is_outstanding():  # a response would be written into the socket
            refused.count(HttpError(400, "A WebSocket is asked for behind another request"))
            self.transport.abort()
            return
        self._release()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        """Called by the parser. The ASGI scope is made when the request turns out to need one."""
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser for each header, also behind a chunked body."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Called by the parser: the ASGI application answers, unless the head is refused."""
        self._check_head()
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise HttpError(405, "CONNECT is not allowed here")
            if not self._should_upgrade():
                self._is_upgrade_ignored = True
                return
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()
        if self.pipeline:  # uvicorn reads no more then, and would not notice that the client goes;
            self.flow.resume_reading()  # where much waits, `_parse` pauses, with a timer for that
        if not self.parser.should_upgrade():
            self.headers = []  # trailers are not a part of the head
        self._body_bytes = self._chunks = 0

    def on_body(self, body: bytes) -> None:
        """Called by the parser for each part of the body of an ASGI request."""
        self._silent_bytes = 0
        self._body_bytes += len(body)
        self._chunks += 1
        if self._chunks * _CHUNK_BYTES_MIN > self._body_bytes + _SMALL_CHUNKS_BYTES:
            raise HttpError(400, "The body comes in too many small chunks", LIMIT_EXCEEDED)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Called by the parser at the end of an ASGI request."""
        self._silent_bytes = self._body_bytes = 0
        if self._is_upgrade_ignored:
            return
        super().on_message_complete()
        self._account()

    def on_response_complete(self) -> None:
        """Called after each response: as uvicorn does it, without a timer per request."""
        self.server_state.total_requests += 1
        self._idle_since = perf_counter()
        if self.transport.is_closing():
            return
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        if self._unparsed or self.flow.read_paused or self._refusal is not None:
            self._go_on()

    def _check_head(self) -> None:
        """Raises HttpError for a head that is too large, or that comes after the last response."""
        if self.transport.is_closing():
            raise HttpError(400, "A response has ended the connection")
        if len(self.headers) > self._limits.head_lines_max:
            lines_max = self._limits.head_lines_max
            raise HttpError(431, f"The head has more than {lines_max} lines", LIMIT_EXCEEDED)
        if self._silent_bytes > self._sure_bytes:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > self._head_bytes_max:
                raise self._too_large()
        self._silent_bytes = 0

    def _too_large(self) -> HttpError:
        bytes_max = self._head_bytes_max
        if len(self.url) > bytes_max // 2:
            return HttpError(414, f"The URL has more than {bytes_max} bytes", LIMIT_EXCEEDED)
        return HttpError(431, f"The head has more than {bytes_max} bytes", LIMIT_EXCEEDED)

    def _feed(self, data: bytes) -> None:
        self._silent_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            self._refuse(_cause(error))
            return
        if self._silent_bytes > self._head_bytes_max:
            self._refuse(self._too_large())
            return
        if self._silent_bytes and self._silent_since < self._idle_since:
            self._silent_since = perf_counter()  # a head has begun, perhaps after a long time
        if (cycle := self.cycle) is not None and cycle.more_body:
            self._account()

    def _upgrade(self, rest: bytes) -> None:
        """WebSocket is the only protocol that a request can change to: other offers are ignored.

        The parser has taken the end of the head for the end of the request. It gets the head again,
        without the offer, before what follows. RFC 9110, section 7.8.
        """
        if not self._is_upgrade_ignored:
            self.handle_websocket_upgrade()
            return
        self._is_upgrade_ignored = False
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        self._feed(b"\r\n".join((*lines, b"", rest)))

    def _parse(self) -> None:
        """Parse what has arrived, until a response is outstanding, or other connections wait."""
        if self._is_parsing:
            return  # by a caller of this caller
        self._is_parsing, parsed, answered = True, 0, self.server_state.total_requests
        while self._unparsed and not self._must_wait() and not self.transport.is_closing():
            # some requests are answered at once, such as those of callers that are not let in
            if parsed >= _TURN_BYTES_MAX or self.server_state.total_requests > answered:
                self.loop.call_soon(self._go_on)
                break
            size = max(_SLICE_BYTES, self._body_bytes_left())
            part = bytes(self._unparsed[:size])
            del self._unparsed[:size]
            parsed += len(part)
            self._feed(part)
        self._is_parsing = False
        if not self._is_over and not self.transport.is_closing():
            self._account()
            self._pause_or_read()

    def _pause_or_read(self) -> None:
        """Read no more while much waits. A client that goes meanwhile is noticed by the timer."""
        if len(self._unparsed) <= _WAITING_BYTES_MAX:
            self.flow.resume_reading()
        elif not self.flow.read_paused:
            self.flow.pause_reading()
            self._set_timer(PAUSED_PERIOD_S)

    def _body_bytes_left(self) -> int:
        """How much of a body of known length has not arrived."""
        return 0

    def _go_on(self) -> None:
        """After a response, when the client reads again, and after a turn of other connections."""
        if self._is_over:
            return
        if self._refusal is not None:
            if not self._is_outstanding():
                self._end()
        elif self._unparsed:
            self._parse()
        elif self.flow.read_paused and not self.transport.is_closing():
            self.flow.resume_reading()

    def _must_wait(self) -> bool:
        """Whether a response is outstanding, or the client does not read."""
        cycle = self.cycle
        is_asked = cycle is not None and not (cycle.response_complete or cycle.more_body)
        return (
            is_asked or self.flow.write_paused or bool(self.pipeline) or self._refusal is not None
        )

    def _account(self) -> None:
        """Count what this connection holds in memory of requests that are not complete."""
        held = len(self._unparsed) + self._partial_body_bytes()
        if held != self._held_bytes:
            self._held_bytes = held
            self._connections.received.hold(self, held)

    def _partial_body_bytes(self) -> int:
        cycle = self.cycle
        is_partial = cycle is not None and cycle.more_body and not cycle.response_complete
        return 2 * self._body_bytes if is_partial else 0  # uvicorn and the endpoint have buffers


def _cause(error: httptools.HttpParserError) -> Exception:
    """What a callback has raised, or the error of malformed bytes."""
    cause = error.__context__
    if isinstance(cause, (httptools.HttpParserError, UnicodeError)) or cause is None:
        return HttpError(400, f"The request is not HTTP/1.1: {cause or error}")
    return cause if isinstance(cause, Exception) else error
