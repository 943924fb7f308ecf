"""Listens to a registry's events as a server process does, and waits for what it hears."""

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
    """What has been delivered, in the order of delivery."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self.place: int | None = None
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def deliver(self, delivered: Sequence[AuditEvent], place: int) -> None:
        """Keep the events."""
        self.events.extend(delivered)
        self.place = place
        task = asyncio.ensure_future(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def reached(self, place: int) -> None:
        """Wait until everything up to this number has been delivered."""
        async with asyncio.timeout(WAIT_S), self._changed:
            await self._changed.wait_for(lambda: self.place is not None and self.place >= place)

    @property
    def sequences(self) -> list[int]:
        """The numbers of what was delivered."""
        return [event.sequence for event in self.events]

    @property
    def names(self) -> list[str]:
        """The names of what was delivered."""
        return [event.subject_name for event in self.events]


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[Feed]:
    """A feed of the database, which has begun."""
    feed = Feed()
    task = asyncio.ensure_future(listener.follow(url, feed.deliver))
    await feed.reached(0)
    yield feed
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def hub_of(url: str, **limits: Any) -> AsyncIterator[tuple[EventBroker, Feed]]:
    """A broker on the database, and the feed that fills it."""
    broker, feed = EventBroker(EventBrokerLimits(**limits)), Feed()

    def deliver(delivered: Sequence[AuditEvent], place: int) -> None:
        broker.deliver(delivered, place)
        feed.deliver(delivered, place)

    task = asyncio.ensure_future(listener.follow(url, deliver))
    await feed.reached(0)
    yield broker, feed
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def stream(broker: EventBroker, db: Database, place: int) -> Any:
    """All events after a place, as a subscriber gets them."""

    async def read(sequence: int, count: int) -> list[AuditEvent]:
        return await audit.after(db.reader, sequence, count)

    return broker.events(read, place, lambda _: True)


async def take(events_: Any, count: int) -> list[AuditEvent]:
    """The next so many of a stream."""
    async with asyncio.timeout(WAIT_S):
        return [await anext(events_) for _ in range(count)]


def kill_listeners(url: str) -> int:
    """Cut every listening connection to the database; how many there were."""
    with psycopg.connect(url, autocommit=True) as connection:
        killed = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            (listener.APPLICATION_NAME,),
        )
        return len(killed.fetchall())
