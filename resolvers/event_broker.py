"""The fan-out of live events: each subscriber reads the log at its own pace, within bounds.

A subscriber that is up to date has a bounded queue, which the broker fills. When that overflows, it
takes what it has and reads on from the table, and has a short time to be up to date again. So
nobody waits for a slow one, nothing is kept for it, and a burst ends nobody who keeps up.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias

from db.tables import AuditEvent
from resolvers import event_cursors
from resolvers.errors import LIMIT_EXCEEDED, UNAVAILABLE, RequestError

_PAGE = 500  # events read from the table at once
_START_WAIT_S = 5.0

Wanted: TypeAlias = Callable[[AuditEvent], bool]
Read: TypeAlias = Callable[[int, int], Awaitable[Sequence[AuditEvent]]]


@dataclass(frozen=True, slots=True)
class EventBrokerLimits:
    """How many subscribers at once, how many events wait for each, how long it may lag."""

    subscribers_max: int = 1_000
    queue_max: int = 1_000
    lag_max_s: float = 10


class _Queue:
    """What an up-to-date subscriber has not taken yet."""

    def __init__(self, wanted: Wanted, size_max: int) -> None:
        self._wanted = wanted
        self._size_max = size_max
        self._events: deque[AuditEvent] = deque()
        self._changed = asyncio.Event()
        self.ended_at: float | None = None  # when it overflowed, or the broker stopped

    def put(self, events: Sequence[AuditEvent]) -> None:
        """Keep the wanted ones, unless they are too many."""
        if self.ended_at is not None:
            return
        self._events.extend(filter(self._wanted, events))
        if len(self._events) > self._size_max:
            while len(self._events) > self._size_max:
                self._events.pop()
            self.end()
        self._changed.set()

    def end(self) -> None:
        """Take no more; what is kept can still be taken."""
        self.ended_at = monotonic()
        self._changed.set()

    async def take(self) -> AuditEvent | None:
        """The next event; None when it has ended and all is taken."""
        while not self._events:
            if self.ended_at is not None:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._events.popleft()


class EventBroker:
    """Hands every event that the database delivers to everybody who wants it."""

    def __init__(self, limits: EventBrokerLimits) -> None:
        self._limits = limits
        self._place: int | None = None  # every event up to here has been handed out
        self._started = asyncio.Event()
        self.wanted = asyncio.Event()  # somebody subscribes; else nobody need deliver
        self.unwanted = asyncio.Event()
        self.unwanted.set()
        self._queues: set[_Queue] = set()
        self._subscriber_count = 0
        self._is_stopping = False

    def deliver(self, events: Sequence[AuditEvent], place: int) -> None:
        """Hand out some events; with those, all up to `place` have been."""
        self._place = place
        self._started.set()
        for queue in self._queues:
            queue.put(events)

    def rest(self) -> None:
        """Nobody subscribes, and nothing will be delivered until somebody does."""
        self._place = None
        self._started.clear()

    def stop(self) -> None:
        """End every stream, with an error that says where to go on elsewhere."""
        self._is_stopping = True
        for queue in self._queues:
            queue.end()

    @property
    def subscriber_count(self) -> int:
        """How many streams are open."""
        return self._subscriber_count

    async def events(self, read: Read, place: int, wanted: Wanted) -> AsyncIterator[AuditEvent]:
        """The wanted events after a place, in order, each once; never ends by itself.

        What is in the table already is read from there: `read` gives the next ones after a number.
        Raises RequestError, naming the cursor to go on from, for a subscriber that is too slow.
        """
        deadline: float | None = None
        with self._counted():
            await self._wait_for_start()
            while True:
                async for event in self._missed(read, place):
                    self._go_on(place, deadline)
                    place = event.sequence
                    if wanted(event):
                        yield event
                self._go_on(place, None)
                # no await since: whatever is handed out from now on is in the queue
                with self._queue(wanted) as queue:
                    deadline = None
                    while (taken := await queue.take()) is not None:
                        if queue.ended_at is not None:
                            deadline = queue.ended_at + self._limits.lag_max_s
                        self._go_on(place, deadline)
                        if taken.sequence > place:
                            place = taken.sequence
                            yield taken
                    deadline = monotonic() if queue.ended_at is None else queue.ended_at
                    deadline += self._limits.lag_max_s

    async def _missed(self, read: Read, place: int) -> AsyncIterator[AuditEvent]:
        """The events from a place on to where the broker is."""
        while self._place is not None and place < self._place:
            page = await read(place, _PAGE)
            assert page  # the broker has read them already
            for event in page:
                yield event
            place = page[-1].sequence

    def _go_on(self, place: int, deadline: float | None) -> None:
        resume = f'resume with after: "{event_cursors.encode(place)}"'
        if self._is_stopping:
            raise RequestError(f"This server is stopping; {resume}", UNAVAILABLE)
        if deadline is not None and monotonic() > deadline:
            waiting = f"more than {self._limits.queue_max} events were waiting"
            raise RequestError(f"Too slow, {waiting}; {resume}", LIMIT_EXCEEDED)

    async def _wait_for_start(self) -> None:
        try:
            async with asyncio.timeout(_START_WAIT_S):
                await self._started.wait()
        except TimeoutError:
            raise RequestError("The database cannot be reached; try again", UNAVAILABLE) from None

    @contextmanager
    def _counted(self) -> Iterator[None]:
        if self._subscriber_count >= self._limits.subscribers_max:
            limit = f"{self._limits.subscribers_max} subscriptions are open, and no more are taken"
            raise RequestError(limit, LIMIT_EXCEEDED)
        self._subscriber_count += 1
        self.wanted.set()
        self.unwanted.clear()
        try:
            yield
        finally:
            self._subscriber_count -= 1
            if not self._subscriber_count:
                self.wanted.clear()
                self.unwanted.set()

    @contextmanager
    def _queue(self, wanted: Wanted) -> Iterator[_Queue]:
        queue = _Queue(wanted, self._limits.queue_max)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)
