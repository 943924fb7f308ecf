"""Listens to a registry's events as a server process does, and waits for deliveries."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from db.postgres.engine import Database
from db.reads import audit, listener
from db.tables import AuditEvent
from resolvers.event_broker import EventBroker, EventBrokerLimits

WAIT_S = 20


class Feed:
    """The delivered events, in the order of delivery."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self.sequence: int | None = None
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def deliver(self, events: Sequence[AuditEvent], sequence: int) -> None:
        """Keep the events."""
        self.events.extend(events)
        self.sequence = sequence
        task = asyncio.ensure_future(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def reached(self, sequence: int) -> None:
        """Wait until every event up to this sequence number has been delivered."""
        async with asyncio.timeout(WAIT_S), self._changed:
            await self._changed.wait_for(
                lambda: self.sequence is not None and self.sequence >= sequence
            )

    @property
    def sequences(self) -> list[int]:
        """The sequence numbers of the delivered events."""
        return [event.sequence for event in self.events]

    @property
    def names(self) -> list[str]:
        """The names of the delivered events' subjects."""
        return [event.subject_name for event in self.events]


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[Feed]:
    """A feed of the database that has started."""
    feed = Feed()
    task = asyncio.ensure_future(listener.follow(url, feed.deliver))
    await feed.reached(0)
    yield feed
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def broker_of(url: str, **limits: Any) -> AsyncIterator[tuple[EventBroker, Feed]]:
    """A broker on the database, and a feed that gets the same deliveries."""
    broker, feed = EventBroker(EventBrokerLimits(**limits)), Feed()

    def deliver(events: Sequence[AuditEvent], sequence: int) -> None:
        broker.deliver(events, sequence)
        feed.deliver(events, sequence)

    task = asyncio.ensure_future(listener.follow(url, deliver))
    await feed.reached(0)
    yield broker, feed
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def stream(broker: EventBroker, db: Database, sequence: int) -> Any:
    """All events after a sequence number, as a subscriber gets them."""

    async def read(after: int, count: int) -> list[AuditEvent]:
        return await audit.after(db.reader, after, count)

    return broker.events(read, sequence, lambda _: True)


async def take(events: Any, count: int) -> list[AuditEvent]:
    """The next `count` events of a stream."""
    async with asyncio.timeout(WAIT_S):
        return [await anext(events) for _ in range(count)]


def kill_listeners(url: str) -> int:
    """Terminate every listening connection to the database; returns their number."""
    with psycopg.connect(url, autocommit=True) as connection:
        killed = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            (listener.APPLICATION_NAME,),
        )
        return len(killed.fetchall())
