"""A server listens for events only while it has subscribers."""

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
    """Counts the connections to this test's database that listen for notifications."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = %s"

    def count() -> int:
        with psycopg.connect(database_url, autocommit=True) as connection:
            name = connection.info.dbname
            [number] = connection.execute(query, (APPLICATION_NAME, name)).fetchone() or [0]
            return int(number)

    return count


async def _until(count: int, listeners: Callable[[], int]) -> None:
    async with asyncio.timeout(WAIT_S):
        while listeners() != count:  # noqa: ASYNC110  # polls the database
            await asyncio.sleep(0.05)


async def test_a_server_without_subscribers_does_not_listen(
    serve: Serving, listeners: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_feed, "_IDLE_S", 0.1)
    async with serve() as client:
        assert listeners() == 0
        for name in ("first", "second"):  # also when subscribers come back
            async with greeted(client) as one, greeted(client) as other:
                await one.subscribe("1", LIVE)
                await other.subscribe("1", LIVE)
                await _until(1, listeners)
                await asyncio.sleep(0.6)  # both have read to the end of the log
                body = {"query": CREATE, "variables": {"n": name}}
                await client.post("/graphql", json=body)
                for socket in (one, other):
                    data = await socket.data("1")
                    assert data == {"registryChanged": {"model": {"name": name}}}
            await _until(0, listeners)
            missed = {"query": CREATE, "variables": {"n": f"after-{name}"}}
            await client.post("/graphql", json=missed)


async def test_a_server_listens_for_a_while_after_the_last_subscriber_has_left(
    serve: Serving, listeners: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_feed, "_IDLE_S", 60.0)
    async with serve() as client:
        for _ in range(2):
            async with greeted(client) as socket:
                await socket.subscribe("1", LIVE)
                await _until(1, listeners)
            await asyncio.sleep(0.3)
            assert listeners() == 1
