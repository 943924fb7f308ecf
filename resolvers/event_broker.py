"""Fans events out to subscribers; each reads at its own pace, within bounds.

A subscriber that is up to date has a bounded queue, which the broker fills. When that overflows,
the subscriber takes what is queued, reads on from the table, and has a short time to catch up. So
a slow subscriber delays no other and holds little memory, and a burst ends none that keeps up.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple, Protocol, TypeAlias

from db.tables import AuditEvent
from resolvers import event_cursors
from resolvers.errors import LIMIT_EXCEEDED, UNAVAILABLE, RequestError

_PAGE = 500  # events read from the table at once
_START_WAIT_S = 5.0

EventFilter: TypeAlias = Callable[[AuditEvent], bool]
# Reads the next events, at most so many, after a sequence number.
ReadEvents: TypeAlias = Callable[[int, int], Awaitable[Sequence[AuditEvent]]]


@dataclass(frozen=True, slots=True)
class EventBrokerLimits:
    """Bounds on the subscribers, on the queue of each, and on the time to catch up."""

    subscribers_max: int = 1_000
    per_client_max: int = 250
    per_token_max: int = 500
    queue_max: int = 1_000
    lag_max_s: float = 10


class Client(NamedTuple):
    """Whose subscriptions are counted together: those of a token, or of an address.

    Without a name they are not counted.
    """

    name: str = ""
    is_token: bool = False


class Receiver(Protocol):
    """What gets every delivered event."""

    def put(self, events: Sequence[AuditEvent]) -> None:
        """Take the next events."""

    def end(self) -> None:
        """Note that the broker stops."""


NOBODY = Client()


class _Queue:
    """The events that an up-to-date subscriber has not taken yet."""

    def __init__(self, matches: EventFilter, size_max: int) -> None:
        self._matches = matches
        self._size_max = size_max
        self._events: deque[AuditEvent] = deque()
        self._changed = asyncio.Event()
        self.ended_at: float | None = None  # when it overflowed, or the broker stopped

    def put(self, events: Sequence[AuditEvent]) -> None:
        """Queue the matching events; end the queue when they do not fit."""
        if self.ended_at is not None:
            return
        self._events.extend(filter(self._matches, events))
        if len(self._events) > self._size_max:
            while len(self._events) > self._size_max:
                self._events.pop()
            self.end()
        self._changed.set()

    def end(self) -> None:
        """Accept no more events; those that are queued can still be taken."""
        self.ended_at = monotonic()
        self._changed.set()

    async def take(self) -> AuditEvent | None:
        """The next event; None when the queue has ended and is empty."""
        while not self._events:
            if self.ended_at is not None:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._events.popleft()


class EventBroker:
    """Hands every event that the database delivers to each subscriber whose filter it matches."""

    def __init__(self, limits: EventBrokerLimits) -> None:
        self._limits = limits
        self._delivered: int | None = None  # every event up to this sequence number is delivered
        self._started = asyncio.Event()
        self.has_subscribers = asyncio.Event()
        self.is_idle = asyncio.Event()  # no subscribers: nothing needs to be delivered
        self.is_idle.set()
        self.receivers: set[Receiver] = set()
        self._subscriber_count = 0
        self._client_counts: Counter[Client] = Counter()
        self._is_stopping = False

    def deliver(self, events: Sequence[AuditEvent], sequence: int) -> None:
        """Hand out the next events; with them, every event up to `sequence` is delivered."""
        self._delivered = sequence
        self._started.set()
        for receiver in self.receivers:
            receiver.put(events)

    def pause(self) -> None:
        """Note that nothing is delivered until somebody subscribes again."""
        self._delivered = None
        self._started.clear()

    def stop(self) -> None:
        """End every stream with an error that names the cursor to resume from elsewhere."""
        self._is_stopping = True
        for receiver in self.receivers:
            receiver.end()

    @property
    def subscriber_count(self) -> int:
        """How many streams are open."""
        return self._subscriber_count

    async def events(
        self, read: ReadEvents, sequence: int, matches: EventFilter, client: Client = NOBODY
    ) -> AsyncGenerator[AuditEvent, None]:
        """The matching events after a sequence number, in order, each once; never ends by itself.

        `read` reads those that are in the table already. For a subscriber that is too slow, raises
        RequestError, which names the cursor to resume from.
        """
        deadline: float | None = None
        with self.subscription(client):
            await self.wait_for_start()
            while True:
                async with aclosing(self._backlog(read, sequence)) as backlog:
                    async for event in backlog:
                        self._raise_if_over(sequence, deadline)
                        sequence = event.sequence
                        if matches(event):
                            yield event
                self._raise_if_over(sequence, None)
                # no await since the backlog was read: the queue gets every later event
                with self._queue(matches) as queue:
                    deadline = None
                    while (queued := await queue.take()) is not None:
                        if queue.ended_at is not None:
                            deadline = queue.ended_at + self._limits.lag_max_s
                        self._raise_if_over(sequence, deadline)
                        if queued.sequence > sequence:
                            sequence = queued.sequence
                            yield queued
                    deadline = monotonic() if queue.ended_at is None else queue.ended_at
                    deadline += self._limits.lag_max_s

    async def _backlog(self, read: ReadEvents, sequence: int) -> AsyncGenerator[AuditEvent, None]:
        """The events after a sequence number that the broker has delivered already."""
        while self._delivered is not None and sequence < self._delivered:
            page = await read(sequence, _PAGE)
            assert page  # the broker has read them already
            for event in page:
                yield event
            sequence = page[-1].sequence

    def _raise_if_over(self, sequence: int, deadline: float | None) -> None:
        """Raise RequestError when the server stops or the subscriber's deadline has passed."""
        resume = f'resume with after: "{event_cursors.encode(sequence)}"'
        if self._is_stopping:
            raise RequestError(f"This server is stopping; {resume}", UNAVAILABLE)
        if deadline is not None and monotonic() > deadline:
            waiting = f"more than {self._limits.queue_max} events were waiting"
            raise RequestError(f"The subscriber is too slow: {waiting}; {resume}", LIMIT_EXCEEDED)

    async def wait_for_start(self) -> None:
        """Wait until every later event is delivered; raises RequestError when that takes long."""
        try:
            async with asyncio.timeout(_START_WAIT_S):
                await self._started.wait()
        except TimeoutError:
            raise RequestError("The database cannot be reached; try again", UNAVAILABLE) from None

    def raise_if_full(self, client: Client) -> None:
        """Raise RequestError when one more subscription of this client would be too many."""
        if self._subscriber_count >= self._limits.subscribers_max:
            message = f"At most {self._limits.subscribers_max} subscriptions can be open at once"
            raise RequestError(message, LIMIT_EXCEEDED)
        limits = self._limits
        count_max = limits.per_token_max if client.is_token else limits.per_client_max
        if client.name and self._client_counts[client] >= count_max:
            whose = "this token" if client.is_token else "one address"
            message = f"At most {count_max} subscriptions of {whose} can be open at once"
            raise RequestError(message, LIMIT_EXCEEDED)

    @contextmanager
    def subscription(self, client: Client) -> Iterator[None]:
        """Count a subscription while the block runs; raises RequestError for one too many."""
        self.raise_if_full(client)
        self._subscriber_count += 1
        self._client_counts[client] += 1
        self.has_subscribers.set()
        self.is_idle.clear()
        try:
            yield
        finally:
            self._subscriber_count -= 1
            self._client_counts[client] -= 1
            if not self._client_counts[client]:
                del self._client_counts[client]
            if not self._subscriber_count:
                self.has_subscribers.clear()
                self.is_idle.set()

    @contextmanager
    def _queue(self, matches: EventFilter) -> Iterator[_Queue]:
        queue = _Queue(matches, self._limits.queue_max)
        self.receivers.add(queue)
        try:
            yield queue
        finally:
            self.receivers.discard(queue)
