"""uvicorn's WebSocket protocol with bounds on what one socket can make the server do.

websockets bounds the size of a message and parses frames; it bounds neither their number nor the
pongs that wait for a client that does not read. Here frames and bytes have a rate, a chunk is
parsed in small slices, and nothing is read from a client that does not read.
"""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import State

from server.errors import HttpError
from server.ops import refused
from server.settings_http import SocketSettings

LIMITS = "registry.socket_limits"  # the key of the settings in the lifespan's state
STOPPING = "registry.stopping"  # in a message to the application: the server stops
FLOOD = 4429

_SLICE_BYTES = 2_048  # parsed at a time: at most 341 frames, in 4 ms
_BURST_S = 2.0  # a client may send at once what its rates allow in this time
_FRAGMENTS_MAX = 1_024  # of a message
_STALL_S = 10.0  # for a client to read anything of what was written
_CLOSE_S = 5.0  # for the other side to close its end
_LAST_ANSWERS_S = 6.0  # for running operations to end, when the server stops
_LINGER_S = 1.0  # for the code of a flood to arrive: the end of the connection may overtake it


@dataclass(slots=True)
class RateBudget:
    """An amount that a client may use a second, and `_BURST_S` times as much at once."""

    rate: float
    _left: float = field(init=False)
    _at: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        self._left = self.rate * _BURST_S

    def spend(self, amount: int) -> bool:
        """Use an amount; False when it is more than there is."""
        now = monotonic()
        self._left = min(self._left + (now - self._at) * self.rate, self.rate * _BURST_S) - amount
        self._at = now
        return self._left >= 0


class SocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        limits: SocketSettings = self.app_state.get(LIMITS) or SocketSettings.model_construct()
        self._frames_left = RateBudget(limits.socket_messages_per_s)
        self._bytes_left = RateBudget(limits.socket_bytes_per_s)
        self._rest = bytearray()  # what has arrived and is not parsed yet
        self._parsing: asyncio.Handle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        self._unsent = 0
        self._has_flooded = False

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if self._has_flooded:
            return
        if self._rest or (self.handshake_complete and len(data) > _SLICE_BYTES):
            self._rest += data
            self._go_on()
        else:
            self._feed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._rest.clear()
        self._set_stall_timer(None)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Called when the server stops; it waits until all connections have ended.

        The application closes the socket once it has answered what runs.
        """
        message: Any = {"type": "websocket.receive", STOPPING: True}
        self.queue.put_nowait(message)
        self.loop.call_later(_LAST_ANSWERS_S, self._shut_down)

    def _shut_down(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()

    def pause_writing(self) -> None:
        """Called by the event loop when the client does not read what was written."""
        super().pause_writing()
        self._unsent = self.transport.get_write_buffer_size()
        self._set_stall_timer(_STALL_S)
        self._go_on()

    def resume_writing(self) -> None:
        """Called by the event loop when the client has read enough."""
        super().resume_writing()
        self._set_stall_timer(None)
        self._go_on()

    async def receive(self) -> Any:
        """Called by the application."""
        message = await super().receive()
        self._go_on()
        return message

    async def send(self, message: Any) -> None:
        """Called by the application, which may not know yet that the socket was closed."""
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True  # refused; else uvicorn logs an error for each refusal
        if message["type"] == "websocket.close":
            self._abort_after(_CLOSE_S)

    def keepalive_timeout(self) -> None:
        """Called when the client has not answered a ping in time."""
        super().keepalive_timeout()
        self._abort_after(_CLOSE_S)

    def handle_cont(self, event: Frame) -> None:
        """Called for a fragment of a message; an empty one adds nothing."""
        if event.data or event.fin:
            super().handle_cont(event)
        if len(self.frames) > _FRAGMENTS_MAX:
            self._end_flood(f"A message has more than {_FRAGMENTS_MAX} fragments")

    def handle_close(self, event: Frame) -> None:
        """Called when the client closes the socket, or answers that the server has."""
        super().handle_close(event)
        self._abort_after(_CLOSE_S)

    def handle_ping(self) -> None:
        """Called for a ping; a client that does not read gets no pong."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_connect(self, event: Request) -> None:
        """Called for the handshake."""
        super().handle_connect(event)
        if self.response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            refused.count(HttpError(self.response.status_code, "The handshake is not valid"))

    def handle_parser_exception(self) -> None:
        """Called for a message that is too large, and for bytes that are none."""
        if self.conn.close_sent is not None:
            refused.note(refused.of_close_code(self.conn.close_sent.code))
        super().handle_parser_exception()

    def _feed(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self.conn.receive_data(data)
        events = self.conn.events
        # of a compressed message, the bytes that it unfolds to
        size = sum(len(event.data) for event in events if isinstance(event, Frame))
        is_within = self._frames_left.spend(len(events)) and self._bytes_left.spend(
            max(size, len(data))
        )
        if self.conn.parser_exc is not None:
            self.handle_parser_exception()
            self._abort_after(_CLOSE_S)
        elif is_within or not self.handshake_complete:
            self.handle_events()
        else:
            self._end_flood("Too many messages or bytes a second")

    def _feed_rest(self) -> None:
        self._parsing = None
        data = bytes(self._rest[:_SLICE_BYTES])
        del self._rest[:_SLICE_BYTES]
        self._feed(data)
        self._go_on()

    def _go_on(self) -> None:
        """Parse and read on, unless the application or the client has to take something first."""
        if self.transport.is_closing() or self._parsing is not None:
            return
        is_waiting = self.read_paused or self._has_flooded or not self.writable.is_set()
        if is_waiting or self._rest:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()
        if self._rest and not is_waiting:
            self._parsing = self.loop.call_soon(self._feed_rest)

    def _end_flood(self, reason: str) -> None:
        """Close the socket with a code; nothing more is read from it."""
        if self._has_flooded:
            return
        self._has_flooded = True
        refused.note(refused.SOCKET_FLOOD)
        self._rest.clear()
        if self.close_sent or self.conn.state is not State.OPEN:
            self.transport.abort()
            return
        self.conn.events_received()  # forget them
        self.conn.data_to_send()  # pongs
        self.queue.put_nowait({"type": "websocket.disconnect", "code": FLOOD, "reason": reason})
        self.conn.send_close(FLOOD, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._go_on()
        self._abort_after(_LINGER_S)

    def _abort_after(self, delay_s: float) -> None:
        """End the connection then, whatever the client does. uvicorn waits for it to read."""
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(delay_s, self.transport.abort)

    def _set_stall_timer(self, delay_s: float | None) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None
        if delay_s is not None:
            self._stall_timer = self.loop.call_later(delay_s, self._check_stall)

    def _check_stall(self) -> None:
        unsent = self.transport.get_write_buffer_size()
        if unsent >= self._unsent:
            self.transport.abort()
            return
        self._unsent = unsent
        self._set_stall_timer(_STALL_S)
