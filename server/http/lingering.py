"""The end of a connection whose client still sends, and clients that have gone."""

import asyncio
import select
from typing import Any

_LINGER_S = 2.0
_LINGER_BYTES_MAX = 1_048_576
# Linux tells that the client has closed its side also while nothing is read.
_HANG_UP = getattr(select, "POLLRDHUP", select.POLLHUP)


class LingeringClose(asyncio.Protocol):
    """Reads and discards what a client still sends after its last response, for 2 s or 1 MiB.

    When a connection is closed with unread bytes, the system resets it, and a client that is still
    sending never sees the response. Source: nginx, lingering_close.
    """

    def __init__(self, transport: asyncio.Transport, connections: set[Any]) -> None:
        self._transport = transport
        self._connections = connections  # uvicorn's: a stop waits for those that are in it
        self._left = _LINGER_BYTES_MAX
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_LINGER_S, transport.abort)
        connections.add(self)
        transport.set_protocol(self)
        transport.write_eof()

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._left -= len(data)
        if self._left < 0:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._timer.cancel()
        self._connections.discard(self)

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops."""
        self._transport.abort()


def is_peer_gone(transport: asyncio.Transport) -> bool:
    """Whether the client has closed its side of a connection from which nothing is read now."""
    poller = select.poll()
    poller.register(transport.get_extra_info("socket").fileno(), _HANG_UP)
    return bool(poller.poll(0))
