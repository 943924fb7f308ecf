"""uvicorn's HTTP protocol, with the short way (server/http/fast_path.py) beside its own.

It stands on what uvicorn 0.54 does inside: its version is pinned to a minor line, and the whole
suite of HTTP runs on both ways.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from db.postgres.batching import BatchSlot
from server.http import fast_path
from server.http.fast_path import END_OF_HEAD, Express, Head, InFlightRequest
from server.http.request import client_gone
from server.http.responses import Reply
from server.ops.logs import request_id

_JOINED_BYTES_MAX = 65_536  # a larger body is not copied behind its head


class Protocol(HttpToolsProtocol):
    """One connection. At most one exchange is on its way: HTTP/1.1 answers in order."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._express: Express | None = self.app_state.get(fast_path.STATE)
        self._exchange: InFlightRequest | None = None
        self._waiting: BatchSlot[Any, Any] | asyncio.Future[Any] | None = None
        self._begun = b""  # a head that is known, and not yet all of its body
        self._early = b""  # what came before the reply to what came before
        self._head = b""  # of the request that is handed to the parser
        self._is_parsed = True  # the parser has seen the end of whatever it was handed
        self._is_last = False  # the server stops: the connection ends with this reply
        self._timer: asyncio.TimerHandle | None = None
        self._replied = 0.0

    def data_received(self, data: bytes) -> None:
        """Go the short way if the head is known and nothing else is under way."""
        if self._exchange is not None:
            self._early += data
            self.flow.pause_reading()
        elif self._express is None or self._is_on_ordinary_way() or self.flow.write_paused:
            super().data_received(data)
        else:
            self._unset_keepalive_if_required()
            self._receive(data, self._express)

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._is_parsed = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Called by the parser: what it made of the head is learned for the next time."""
        super().on_headers_complete()
        if self._head and self._express is not None:
            keeps_alive = self.parser.should_keep_alive() and not self.parser.should_upgrade()
            self._express.learn(self._head, self.scope, keeps_alive=keeps_alive)
        self._head = b""

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._is_parsed = True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """End what its client does not wait for any more."""
        self._begun = self._early = b""
        if self._exchange is not None and not self._exchange.question.outlives_client:
            self._stop()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Called by uvicorn: from now on the connection is the socket's."""
        if self._timer is not None:
            self._timer.cancel()
        super().handle_websocket_upgrade()

    def shutdown(self) -> None:
        """Called by uvicorn when it stops: what was asked is answered."""
        self._hand_over()
        if self._exchange is None:
            super().shutdown()
        self._is_last = True

    def _is_on_ordinary_way(self) -> bool:
        is_answered = self.cycle is None or self.cycle.response_complete
        return not (is_answered and self._is_parsed)

    def _receive(self, data: bytes, way: Express) -> None:
        begun, self._begun = self._begun, b""
        data = begun + data
        end = data.find(END_OF_HEAD) + len(END_OF_HEAD)
        head = way.heads.get(data[:end])
        missing = -1 if head is None else end + head.body_bytes - len(data)
        if head is not None and missing == 0:
            self._begin(way, head, data[end:])
        elif missing > 0 and not begun:
            self._begun = data  # many clients send a head, and then the body
            self._set_timer()
        else:
            self._head = data[:end]
            super().data_received(data)

    def _hand_over(self) -> None:
        """Leave a request that is not complete to the parser."""
        if self._begun:
            begun, self._begun = self._begun, b""
            super().data_received(begun)

    def _begin(self, way: Express, head: Head, sent: bytes) -> None:
        exchange = self._exchange = way.begin(head, sent)
        self._set_timer()
        token = request_id.set(exchange.identifier)
        try:
            self._advance(exchange, exchange.steps.send, None)
        finally:
            request_id.reset(token)

    def _advance(self, exchange: InFlightRequest, go_on: Callable[[Any], Any], came: Any) -> None:
        try:
            step = go_on(came)
        except StopIteration as end:
            self._reply(exchange, end.value)
            return
        future: asyncio.Future[Any]
        if isinstance(step, BatchSlot):
            self._waiting, future = step, step.future
        else:
            self._waiting = future = task = self.loop.create_task(step)
            self.tasks.add(task)  # uvicorn waits for them when it stops
            task.add_done_callback(self.tasks.discard)
        future.add_done_callback(self._came)

    def _came(self, future: "asyncio.Future[Any]") -> None:
        exchange, waiting = self._exchange, self._waiting
        assert exchange is not None  # it ends with its reply
        self._waiting = None
        try:
            came = waiting.value() if isinstance(waiting, BatchSlot) else future.result()
        except asyncio.CancelledError:
            is_gone = self.transport.is_closing()
            error = client_gone() if is_gone else TimeoutError()
            self._advance(exchange, exchange.steps.throw, error)
        except Exception as error:
            self._advance(exchange, exchange.steps.throw, error)
        else:
            self._advance(exchange, exchange.steps.send, came)

    def _reply(self, exchange: InFlightRequest, reply: Reply) -> None:
        assert self._express is not None  # there is an exchange
        is_gone = self.transport.is_closing()
        if not is_gone:
            self._write(reply, exchange.identifier)
        self._express.end(exchange, reply, is_gone=is_gone)
        self._exchange = None
        self._replied = perf_counter()
        self.server_state.total_requests += 1
        if self._is_last:
            self.transport.close()
        elif self._early:
            early, self._early = self._early, b""
            self.flow.resume_reading()
            self.data_received(early)

    def _write(self, reply: Reply, identifier: str) -> None:
        parts = [STATUS_LINE[reply.status]]
        for name, value in self.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        for name, value in reply.headers:
            parts += (name, b": ", value, b"\r\n")
        if self._is_last:
            parts.append(b"connection: close\r\n")
        length = len(reply.body)
        parts.append(
            b"content-length: %d\r\nx-request-id: %s\r\n\r\n" % (length, identifier.encode())
        )
        if length <= _JOINED_BYTES_MAX:
            parts.append(reply.body)
            self.transport.write(b"".join(parts))
        else:
            self.transport.writelines((b"".join(parts), reply.body))

    def _stop(self) -> None:
        if isinstance(self._waiting, BatchSlot):
            self._waiting.leave()
        elif self._waiting is not None:
            self._waiting.cancel()

    def _set_timer(self) -> None:
        """One a connection, which looks what has been too long: one a request would cost 1 us."""
        if self._timer is None and self._express is not None:
            wait_s = min(self._express.timeout_s, self.timeout_keep_alive)
            self._timer = self.loop.call_later(wait_s, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._exchange is not None:  # its client may be gone: a mutation outlives it
            assert self._express is not None
            since, limit_s, end = self._exchange.started, self._express.timeout_s, self._stop
        elif self.transport.is_closing():
            return
        else:
            self._hand_over()
            if self._is_on_ordinary_way() or self.timeout_keep_alive_task is not None:
                return  # uvicorn has a timer of its own
            since, limit_s = self._replied, float(self.timeout_keep_alive)
            end = self.transport.close
        left_s = since + limit_s - perf_counter()
        if left_s > 0:
            self._timer = self.loop.call_later(left_s, self._look)
        else:
            end()
            self._set_timer()
