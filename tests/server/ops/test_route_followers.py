"""Many subscribers of one route: one computation, and nothing left of those that have gone."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import pytest

from db.postgres.engine import Database
from db.tables import Model, ProviderBinding
from resolvers.watchers import Watchers
from server import app
from tests import factories
from tests.server.conftest import Serving
from tests.server.sockets import WAIT_S, Socket, events, greeted

FOLLOW = """subscription($limit: Int! = 5) {
  routeChanged(input: {model: {name: "m"}, limit: $limit}) {
    etag
    candidates { rank binding { id provider { slug } } }
  }
}"""
SOCKETS, PER_SOCKET = 10, 100


class Site:
    """What the server has opened."""

    def __init__(self) -> None:
        self.databases: list[Database] = []
        self.watchers: list[Watchers[Any, Any]] = []

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The SQL statements that the server sends in the block."""
        sent: list[str] = []
        listeners = self.databases[-1].statement_listeners
        listeners.append(lambda statement, _values: sent.append(statement))
        yield sent
        listeners.pop()

    async def left(self) -> None:
        """Wait until the server follows no route."""
        async with asyncio.timeout(WAIT_S):
            while self.watchers[-1].count:  # noqa: ASYNC110  # the server has no event for it
                await asyncio.sleep(0.02)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    opened = Site()

    def database(*args: Any) -> Database:
        opened.databases.append(Database(*args))
        return opened.databases[-1]

    def watchers(*args: Any) -> Watchers[Any, Any]:
        opened.watchers.append(Watchers(*args))
        return opened.watchers[-1]

    monkeypatch.setattr(app, "Database", database)
    monkeypatch.setattr(app, "Watchers", watchers)
    return opened


@pytest.fixture
async def binding(db: Database) -> ProviderBinding:
    """One of the three bindings of the only version of the model m."""
    version = await factories.version(db, await factories.model(db, name="m"))
    rows = [await factories.binding(db, version, weight=100) for _ in range(3)]
    return rows[0]


async def _weigh(db: Database, binding: ProviderBinding, weight: int) -> None:
    async with db.write("tests") as session:
        row = await session.get_one(ProviderBinding, binding.id)
        row.weight = weight
        row.revision += 1


async def _etags(socket: Socket, count: int) -> set[str]:
    """The etag of the next route of each subscription of a socket."""
    found = {}
    for _ in range(count):
        message = await socket.receive()
        assert message["id"] not in found
        found[message["id"]] = message["payload"]["data"]["routeChanged"]["etag"]
    return set(found.values())


async def _all_etags(sockets: list[Socket]) -> set[str]:
    found = await asyncio.gather(*(_etags(socket, PER_SOCKET) for socket in sockets))
    return set().union(*found)


@pytest.fixture
async def crowd(
    serve: Serving, site: Site, binding: ProviderBinding
) -> AsyncIterator[list[Socket]]:
    """Sockets of which each follows the route many times."""
    limits = {"subscriptions_max": 1_000, "subscriptions_per_client_max": 1_000}
    async with serve(**limits) as client, AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(greeted(client)) for _ in range(SOCKETS)]
        for socket in sockets:
            for key in range(PER_SOCKET):
                await socket.subscribe(str(key), FOLLOW)
        assert len(await _all_etags(sockets)) == 1
        await asyncio.sleep(0.3)  # the last one may have asked for another computation
        yield sockets


async def test_a_change_costs_one_computation_for_a_thousand_subscribers(
    db: Database, site: Site, binding: ProviderBinding, crowd: list[Socket]
) -> None:
    assert site.watchers[-1].count == 1
    with site.statements() as sent:
        await _weigh(db, binding, 50)
        assert len(await _all_etags(crowd)) == 1
    assert len(sent) == 3, sent  # the route, and bindings and providers for the one document
    with site.statements() as sent:
        await factories.model(db)
        await asyncio.sleep(0.3)
    assert sent == []


async def test_documents_and_inputs_are_told_apart(
    serve: Serving, db: Database, site: Site, binding: ProviderBinding
) -> None:
    async with serve() as client, greeted(client) as socket:
        await socket.subscribe("1", FOLLOW, limit=1)
        await socket.subscribe("2", FOLLOW, limit=2)
        await socket.subscribe("3", FOLLOW.replace("etag", "strategy"), limit=2)
        found = {}
        for _ in range(3):
            message = await socket.receive()
            found[message["id"]] = message["payload"]["data"]["routeChanged"]
        assert site.watchers[-1].count == 2
        assert [len(found[key]["candidates"]) for key in "123"] == [1, 2, 2]
        assert found["3"]["strategy"] == "PRIORITY"


async def test_nothing_is_left_of_subscribers_that_have_gone(
    serve: Serving, site: Site, binding: ProviderBinding
) -> None:
    async with serve() as client:
        counts = []  # of tasks
        for _ in range(3):
            async with greeted(client) as socket, events(client, FOLLOW) as stream:
                for key in "123":
                    await socket.subscribe(key, FOLLOW)
                await _etags(socket, 3)
                await anext(stream)
                assert site.watchers[-1].count == 1
                await socket.send({"id": "1", "type": "complete"})
                socket.connection.transport.abort()  # as a client that disappears
            await site.left()
            await asyncio.sleep(0.3)
            counts.append(len(asyncio.all_tasks()))
        assert counts[2] <= counts[0]  # in the first round connections are opened
        with site.statements() as sent:
            await asyncio.sleep(0.3)
        assert sent == []


async def test_a_subscription_that_is_completed_ends_its_watcher(
    serve: Serving, site: Site, binding: ProviderBinding
) -> None:
    async with serve() as client, greeted(client) as socket:
        await socket.subscribe("1", FOLLOW)
        await socket.data("1")
        await socket.send({"id": "1", "type": "complete"})
        await site.left()
        await socket.alive()


async def test_a_route_that_is_deleted_leaves_no_watcher(
    serve: Serving, db: Database, site: Site, binding: ProviderBinding
) -> None:
    async with serve() as client, events(client, FOLLOW) as stream:
        await anext(stream)
        async with db.write("tests") as session:
            await session.delete(await session.get_one(Model, binding.model_id))
        _, body = await anext(stream)
        assert body["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert await anext(stream) == ("complete", None)
        await site.left()


async def test_the_limits_of_subscriptions_hold_for_routes(
    serve: Serving, binding: ProviderBinding
) -> None:
    async with serve(subscriptions_per_client_max=2) as client, greeted(client) as socket:
        for key in "12":
            await socket.subscribe(key, FOLLOW)
            await socket.data(key)
        await socket.subscribe("3", FOLLOW)
        message = await socket.receive()
        assert (message["id"], message["type"]) == ("3", "error")
        assert message["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
