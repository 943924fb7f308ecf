"""The connections of this process: how many there may be, and how much memory they may hold."""

import asyncio
import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from server.ops import descriptors, instruments
from server.ops.readings import Reading
from server.settings_base import setting_name
from server.settings_http import HttpSettings

# Descriptors that connections leave to the database, to files and to libraries.
_RESERVED_DESCRIPTORS = 100
_EVICTED_SHARE = 20  # one of so many idle connections is closed for new ones
_FULL, _ROOM_AGAIN = (
    0.9,
    0.7,
)  # of the limit: where a warning comes, and where the next one may come

_log = logging.getLogger("connections")


class Connection(Protocol):
    """What is needed of a connection to end it."""

    @property
    def idle_since(self) -> float | None:
        """When its last response was complete, by perf_counter(); None while it has a request."""

    def close_idle(self) -> None:
        """Close it, as it has no request."""

    def overload(self) -> None:
        """End it, as it holds too much memory for too long."""


class HeldBytes:
    """Bytes in memory that connections hold; when all are too many, the oldest holders end."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._sizes: dict[Connection, int] = {}  # who has held something longest comes first
        self.total = 0
        self.ended_count = 0

    def hold(self, connection: Connection, size: int) -> None:
        """A connection holds this many bytes now; 0 releases it."""
        before = self._sizes.pop(connection, 0) if not size else self._sizes.get(connection, 0)
        if size:
            self._sizes[connection] = size
        self.total += size - before
        while self.total > self._bytes_max:
            oldest = next(iter(self._sizes))
            self.total -= self._sizes.pop(oldest)
            self.ended_count += 1
            oldest.overload()


@dataclass(slots=True)
class Connections:
    """The HTTP and WebSocket connections of this process, and their limits."""

    settings: HttpSettings
    open: Collection[object] = ()  # uvicorn's set
    received: HeldBytes = field(init=False)  # bodies on their way, and requests that wait
    unsent: HeldBytes = field(init=False)  # responses that clients do not read
    count_max: int = field(init=False)
    evicted: int = 0  # idle connections that were closed to make room
    refused: int = 0
    _is_full: bool = False

    def __post_init__(self) -> None:
        self.received = HeldBytes(self.settings.received_bytes_max)
        self.unsent = HeldBytes(self.settings.unsent_bytes_max)
        usable = max(1, descriptors.count_max() - _RESERVED_DESCRIPTORS)
        self.count_max = min(self.settings.connections_max, usable)

    @property
    def overloaded(self) -> int:
        """Connections that were ended because they held too much memory for too long."""
        return self.received.ended_count + self.unsent.ended_count

    def admit(self, new: Connection) -> bool:
        """Whether there is room for a new connection; the longest idle ones are closed for it."""
        count = len(self.open)
        self._report(count)
        if count <= self.count_max:
            return True
        idle = sorted(self._idle(new))
        for _, _, connection in idle[: 1 + len(idle) // _EVICTED_SHARE]:
            self.evicted += 1
            connection.close_idle()
        self.refused += not idle
        return bool(idle)

    def abort(self) -> None:
        """End all connections at once; what was not sent yet is lost."""
        for connection in list(self.open):
            transport: asyncio.Transport = connection.transport  # type: ignore[attr-defined]  # uvicorn's protocols have one
            transport.abort()

    def read(self) -> Iterator[Reading]:
        """The figures for metrics."""
        yield Reading(instruments.CONNECTIONS, len(self.open))
        yield Reading(instruments.CONNECTIONS_LIMIT, self.count_max)
        yield Reading(instruments.CONNECTIONS_ENDED, self.evicted, ("evicted",))
        yield Reading(instruments.CONNECTIONS_ENDED, self.overloaded, ("overloaded",))
        yield Reading(instruments.CONNECTIONS_ENDED, self.refused, ("refused",))
        yield Reading(instruments.RECEIVED_BYTES, self.received.total)
        yield Reading(instruments.UNSENT_BYTES, self.unsent.total)
        yield Reading(instruments.DESCRIPTORS, descriptors.open_count())
        yield Reading(instruments.DESCRIPTORS_LIMIT, descriptors.count_max())

    def _idle(self, new: Connection) -> Iterator[tuple[float, int, Connection]]:
        for connection in self.open:
            since = getattr(connection, "idle_since", None)  # WebSockets have no such attribute
            if since is not None and connection is not new:
                yield since, id(connection), connection  # type: ignore[misc]  # it has idle_since

    def _report(self, count: int) -> None:
        """One line when the limit comes near, and the next one after there was room again."""
        if self._is_full:
            self._is_full = count > _ROOM_AGAIN * self.count_max
        elif count > _FULL * self.count_max:
            self._is_full = True
            fields = {
                "open": count,
                "limit": self.count_max,
                "descriptors": descriptors.count_max(),
            }
            _log.warning(
                "connections are near their limit; with more, idle ones are closed (see %s and the"
                " limit of open files)",
                setting_name("connections_max"),
                extra={"fields": fields},
            )
