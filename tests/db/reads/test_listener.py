"""The listener delivers every event once, in commit order, even if its connection is cut."""

import asyncio

from sqlalchemy import text

from db.postgres.engine import Database
from db.tables import Model
from domain.enums import TaskType
from tests import factories
from tests.feeds import WAIT_S, kill_listeners, listening


async def test_a_transaction_gets_its_number_at_its_commit(db: Database, database_url: str) -> None:
    async with listening(database_url) as feed:
        async with db.write("early") as session:
            session.add(Model(name="began-first", task=TaskType.CHAT))
            await session.flush()
            await factories.model(db, name="second")
            await factories.model(db, name="third")
            await feed.reached(2)
            assert feed.names == ["second", "third"]
        await feed.reached(3)
        assert feed.names == ["second", "third", "began-first"]
        assert feed.sequences == [1, 2, 3]


async def test_no_event_is_delivered_before_an_event_with_a_lower_number(
    db: Database, database_url: str
) -> None:
    """If 2 were delivered before the commit of 1, a client with the cursor 2 would never get 1."""
    async with listening(database_url) as feed:
        async with db.write("numbered") as session:
            session.add(Model(name="number-1", task=TaskType.CHAT))
            await session.flush()
            await (await session.connection()).execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            other = asyncio.ensure_future(factories.model(db, name="number-2"))
            _, waiting = await asyncio.wait([other], timeout=0.3)
            assert waiting == {other}
            assert feed.names == []
        async with asyncio.timeout(WAIT_S):
            await other
        await feed.reached(2)
        assert feed.names == ["number-1", "number-2"]


async def test_a_rolled_back_transaction_delivers_nothing(db: Database, database_url: str) -> None:
    async with listening(database_url) as feed:
        async with db.write("nobody") as session:
            session.add(Model(name="undone", task=TaskType.CHAT))
            await session.flush()
            await session.rollback()
        await factories.model(db, name="done")
        await feed.reached(1)
        assert feed.names == ["done"]


async def test_earlier_events_are_not_delivered(db: Database, database_url: str) -> None:
    await factories.model(db, name="old")
    async with listening(database_url) as feed:
        assert feed.sequence == 1
        await factories.model(db, name="new")
        await feed.reached(2)
        assert feed.names == ["new"]


async def test_a_transaction_larger_than_a_batch_is_delivered_completely(
    db: Database, database_url: str
) -> None:
    async with listening(database_url) as feed:
        async with db.write("bulk") as session:
            session.add_all([Model(name=f"m{n}", task=TaskType.CHAT) for n in range(1_234)])
        await feed.reached(1_234)
        assert feed.sequences == list(range(1, 1_235))


async def test_no_event_is_lost_or_repeated_when_the_connection_is_killed(
    db: Database, database_url: str
) -> None:
    async with listening(database_url) as feed:
        for number in range(30):
            await factories.model(db, name=f"m{number}")
            if number % 10 == 5:
                assert kill_listeners(database_url) <= 1
        assert kill_listeners(database_url) <= 1
        await factories.model(db, name="last")
        await feed.reached(31)
        assert feed.names == [*(f"m{number}" for number in range(30)), "last"]
        assert feed.sequences == list(range(1, 32))


async def test_a_process_holds_one_listening_connection(db: Database, database_url: str) -> None:
    async with listening(database_url) as feed:
        assert kill_listeners(database_url) == 1
        await factories.model(db)
        await feed.reached(1)
        assert kill_listeners(database_url) == 1
