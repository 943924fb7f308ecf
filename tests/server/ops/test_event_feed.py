"""A server follows the log of changes while somebody subscribes to it, and only then."""

import asyncio
from collections.abc import Callable

import psycopg
import pytest

from db.reads.listener import APPLICATION_NAME
from server.ops import event_feed
from tests.server.conftest import Serving
from tests.server.sockets import WAIT_S, greeted

LIVE = "subscription { registryChanged { model { name } } }"
CREATE = "mutation($n: String!) { createModel(input: {name: $n, task: CHAT}) { model { id } } }"


@pytest.fixture
def listeners(database_url: str) -> Callable[[], int]:
    """How many connections of this test's database wait for notifications."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = %s"

    def count() -> int:
        with psycopg.connect(database_url, autocommit=True) as connection:
            name = connection.info.dbname
            [found] = connection.execute(asked, (APPLICATION_NAME, name)).fetchone() or [0]
            return int(found)

    return count


async def _until(count: int, listeners: Callable[[], int]) -> None:
    async with asyncio.timeout(WAIT_S):
        while listeners() != count:  # noqa: ASYNC110  # it polls
            await asyncio.sleep(0.05)


async def test_nobody_listens_where_nobody_subscribes(
    serve: Serving, listeners: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_feed, "_LINGER_S", 0.1)
    async with serve() as client:
        assert listeners() == 0
        for name in ("first", "second"):  # the second time as well as the first
            async with greeted(client) as one, greeted(client) as other:
                await one.subscribe("1", LIVE)
                await other.subscribe("1", LIVE)
                await _until(1, listeners)
                await asyncio.sleep(0.6)  # they are where the log ends
                body = {"query": CREATE, "variables": {"n": name}}
                await client.post("/graphql", json=body)
                for socket in (one, other):
                    told = await socket.data("1")
                    assert told == {"registryChanged": {"model": {"name": name}}}
            await _until(0, listeners)
            missed = {"query": CREATE, "variables": {"n": f"after-{name}"}}
            await client.post("/graphql", json=missed)


async def test_it_listens_on_for_a_while_after_the_last_has_gone(
    serve: Serving, listeners: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_feed, "_LINGER_S", 60.0)
    async with serve() as client:
        for _ in range(2):
            async with greeted(client) as socket:
                await socket.subscribe("1", LIVE)
                await _until(1, listeners)
            await asyncio.sleep(0.3)
            assert listeners() == 1
