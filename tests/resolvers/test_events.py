"""The broker: each subscriber reads at its own pace, within bounds, and can resume."""

import asyncio
import re
from typing import Any

import pytest

from db.postgres.engine import Database
from db.tables import AuditEvent, Model
from domain.enums import TaskType
from resolvers import event_cursors
from resolvers.errors import RequestError
from tests import factories
from tests.feeds import WAIT_S, broker_of, stream, take


async def _models(db: Database, count: int) -> None:
    async with db.write("tests") as session:
        session.add_all([Model(name=f"m{n:06}", task=TaskType.CHAT) for n in range(count)])


async def _first_event(db: Database, *streams: Any) -> list[AuditEvent]:
    """The first event; every stream waits for it before it is committed."""
    waiting = [asyncio.ensure_future(take(events, 1)) for events in streams]
    await factories.model(db)
    return (await asyncio.gather(*waiting))[0]


async def _until_it_ends(events: Any) -> tuple[list[AuditEvent], RequestError]:
    received: list[AuditEvent] = []
    try:
        async with asyncio.timeout(WAIT_S):
            async for event in events:
                received.append(event)
    except RequestError as error:
        return received, error
    raise AssertionError("a stream can only end with an error")


def _resume_cursor(error: RequestError) -> int:
    [cursor] = re.findall(r'after: "(.*?)"', error.message)
    return event_cursors.decode(cursor)


async def test_a_slow_subscriber_is_ended_with_its_cursor_and_resumes(
    db: Database, database_url: str
) -> None:
    async with broker_of(database_url, queue_max=3, lag_max_s=0) as (broker, feed):
        events = stream(broker, db, 0)
        first = await _first_event(db, events)
        await _models(db, 10)
        await feed.reached(11)
        more, error = await _until_it_ends(events)
        assert error.extensions["code"] == "LIMIT_EXCEEDED"
        seen = [event.sequence for event in [*first, *more]]
        assert seen == list(range(1, len(seen) + 1))
        assert _resume_cursor(error) == len(seen) < 11
        resumed = await take(stream(broker, db, _resume_cursor(error)), 11 - len(seen))
        assert [event.sequence for event in resumed] == list(range(len(seen) + 1, 12))


async def test_a_burst_larger_than_the_queue_ends_no_subscriber_that_keeps_up(
    db: Database, database_url: str
) -> None:
    async with broker_of(database_url, queue_max=3, lag_max_s=60) as (broker, feed):
        events = stream(broker, db, 0)
        assert len(await _first_event(db, events)) == 1
        await _models(db, 1_200)
        await feed.reached(1_201)
        assert [e.sequence for e in await take(events, 1_200)] == list(range(2, 1_202))
        await factories.model(db, name="live-again")
        assert [e.subject_name for e in await take(events, 1)] == ["live-again"]


async def test_a_slow_subscriber_does_not_delay_others(db: Database, database_url: str) -> None:
    async with broker_of(database_url, queue_max=3, lag_max_s=0) as (broker, _):
        slow, fast = stream(broker, db, 0), stream(broker, db, 0)
        await _first_event(db, slow, fast)
        for number in range(2, 12):
            await factories.model(db)
            assert [event.sequence for event in await take(fast, 1)] == [number]
        assert (await _until_it_ends(slow))[1].extensions["code"] == "LIMIT_EXCEEDED"


async def test_a_resumed_stream_joins_the_backlog_and_new_events(
    db: Database, database_url: str
) -> None:
    await _models(db, 700)  # more than a page
    async with broker_of(database_url) as (broker, _):
        events = stream(broker, db, 100)
        before = await take(events, 300)
        await _models_again(db, 5)
        after = await take(events, 305)
        seen = [event.sequence for event in [*before, *after]]
        assert seen == list(range(101, 706))


async def _models_again(db: Database, count: int) -> None:
    for _ in range(count):
        await factories.model(db)


async def test_more_subscribers_than_the_limit_are_refused(db: Database, database_url: str) -> None:
    async with broker_of(database_url, subscribers_max=1) as (broker, _):
        first = stream(broker, db, 0)
        await factories.model(db)
        await take(first, 1)
        assert broker.subscriber_count == 1
        assert (await _until_it_ends(stream(broker, db, 0)))[1].extensions[
            "code"
        ] == "LIMIT_EXCEEDED"
        await first.aclose()
        assert broker.subscriber_count == 0
        assert len(await take(stream(broker, db, 0), 1)) == 1


async def test_a_stop_ends_each_stream_with_its_cursor(db: Database, database_url: str) -> None:
    async with broker_of(database_url) as (broker, _):
        events = stream(broker, db, 0)
        await _models(db, 2)
        await take(events, 2)
        broker.stop()
        more, error = await _until_it_ends(events)
        assert (more, error.extensions["code"]) == ([], "UNAVAILABLE")
        assert _resume_cursor(error) == 2
        assert (await _until_it_ends(stream(broker, db, 2)))[1].extensions["code"] == "UNAVAILABLE"


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "ZXZlbnQ6", "ZXZlbnQ6LTE", "ZXZlbnQ6MDE", "ZXZlbnQ6MQ==", "é" * 9, "A" * 999],
)
def test_text_that_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(RequestError) as refused:
        event_cursors.decode(cursor)
    assert refused.value.extensions["code"] == "BAD_CURSOR"


@pytest.mark.parametrize("sequence", [0, 1, 2**63 - 1])
def test_a_cursor_decodes_to_its_sequence_number(sequence: int) -> None:
    assert event_cursors.decode(event_cursors.encode(sequence)) == sequence
