"""routeChanged over WebSocket and server-sent events: each cause of a change, and none without."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest

from db.postgres.engine import Database
from db.tables import Circuit, Model, ModelVersion, ProviderBinding
from domain.traffic_enums import CircuitState, HealthState
from tests import factories
from tests.server.conftest import Serving
from tests.server.sockets import WAIT_S, events, greeted

FOLLOW = """subscription($input: RouteInput!) {
  routeChanged(input: $input) {
    etag
    candidates { rank expectedCost binding { id provider { slug } } }
    excluded { reason retryAt binding { id } }
  }
}"""
REPORT = """mutation($input: ReportOutcomesInput!) {
  reportOutcomes(input: $input) { userErrors { message } }
}"""
SET_CIRCUIT = """mutation($input: SetCircuitInput!) {
  setCircuit(input: $input) { userErrors { message } }
}"""
QUIET_S = 0.6  # in which a change that matters would arrive


class Data(NamedTuple):
    """A model of one version with two bindings; the first comes first by weight."""

    model: Model
    first: ProviderBinding
    second: ProviderBinding

    @property
    def ids(self) -> list[str]:
        """The bindings' ids."""
        return [self.first.node_id, self.second.node_id]


@pytest.fixture
async def data(db: Database) -> Data:
    model = await factories.model(db, name="m")
    version = await factories.version(db, model)
    first = await factories.binding(db, version, weight=200, latency_ms=100.0)
    second = await factories.binding(db, version, weight=100, latency_ms=200.0)
    return Data(model, first, second)


class Follower:
    """One subscription, over either transport."""

    def __init__(self, routes: AsyncIterator[Any]) -> None:
        self._routes = routes
        self._waiting: asyncio.Future[Any] | None = None

    async def next(self) -> Any:
        """The next route."""
        waiting = self._waiting or asyncio.ensure_future(anext(self._routes))
        self._waiting = None
        async with asyncio.timeout(WAIT_S):
            return await waiting

    async def candidates(self) -> list[str]:
        """The candidates' bindings in the next route, best first."""
        return [one["binding"]["id"] for one in (await self.next())["candidates"]]

    async def excluded(self) -> list[tuple[str, str]]:
        """What is excluded in the next route: the reason and the binding."""
        return [(one["reason"], one["binding"]["id"]) for one in (await self.next())["excluded"]]

    async def is_quiet(self) -> bool:
        """Whether nothing arrives for a while."""
        self._waiting = self._waiting or asyncio.ensure_future(anext(self._routes))
        done, _ = await asyncio.wait([self._waiting], timeout=QUIET_S)
        return not done

    async def end(self) -> None:
        """Stop waiting."""
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.wait([self._waiting])


@asynccontextmanager
async def by_socket(client: httpx.AsyncClient, input: Any) -> AsyncIterator[Follower]:
    async def routes() -> AsyncIterator[Any]:
        while True:
            message = await socket.receive()
            if message["type"] == "error":
                raise AssertionError(message["payload"])
            yield message["payload"]["data"]["routeChanged"]

    async with greeted(client) as socket:
        await socket.subscribe("1", FOLLOW, input=input)
        follower = Follower(routes())
        yield follower
        await follower.end()


@asynccontextmanager
async def by_sse(client: httpx.AsyncClient, input: Any) -> AsyncIterator[Follower]:
    async def routes() -> AsyncIterator[Any]:
        async for _, body in stream:
            if "errors" in body:
                raise AssertionError(body["errors"])
            yield body["data"]["routeChanged"]

    async with events(client, FOLLOW, input=input) as stream:
        follower = Follower(routes())
        yield follower
        await follower.end()


over_both = pytest.mark.parametrize("follow", [by_socket, by_sse])


async def _weigh(db: Database, binding: ProviderBinding, weight: int) -> None:
    async with db.write("tests") as session:
        row = await session.get_one(ProviderBinding, binding.id)
        row.weight = weight
        row.revision += 1


async def _sent(client: httpx.AsyncClient, document: str, input: Any) -> None:
    body = {"query": document, "variables": {"input": input}}
    [payload] = (await client.post("/graphql", json=body)).json()["data"].values()
    assert payload["userErrors"] == []


def _soon(seconds: float = 1.0) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


@over_both
async def test_a_write_that_changes_the_route_is_delivered_and_no_other(
    serve: Serving, db: Database, data: Data, follow: Any
) -> None:
    async with serve() as client, follow(client, {"model": {"name": "m"}}) as follower:
        assert await follower.candidates() == data.ids
        await factories.model(db)
        await factories.binding(db, await factories.version(db, await factories.model(db)))
        await _weigh(db, data.first, 201)  # the order stays
        assert await follower.is_quiet()
        await _weigh(db, data.first, 50)
        assert await follower.candidates() == data.ids[::-1]


@over_both
async def test_an_open_circuit_excludes_until_its_end_which_nobody_writes(
    serve: Serving, db: Database, data: Data, follow: Any
) -> None:
    async with serve() as client, follow(client, {"model": {"name": "m"}}) as follower:
        assert await follower.candidates() == data.ids
        until = _soon()
        async with db.write("tests") as session:
            session.add(
                Circuit(
                    binding_id=data.first.id,
                    state=CircuitState.OPEN,
                    open_until=until,
                    reason="5 failed in a row",
                    openings=1,
                    changed_at=datetime.now(UTC),
                )
            )
        route = await follower.next()
        [excluded] = route["excluded"]
        assert (excluded["reason"], excluded["binding"]["id"]) == ("CIRCUIT_OPEN", data.ids[0])
        assert datetime.fromisoformat(excluded["retryAt"]) == until
        # HALF_OPEN comes after those that are closed
        assert await follower.candidates() == data.ids[::-1]
        assert datetime.now(UTC) >= until


async def test_a_scheduled_price_changes_the_route_when_it_takes_effect(
    serve: Serving, db: Database, data: Data
) -> None:
    await factories.price(db, data.first, "0.1", output_per_1k="0.1")
    await factories.price(db, data.second, "0.2", output_per_1k="0.2")
    input = {"model": {"name": "m"}, "strategy": "CHEAPEST"}
    async with serve() as client, by_socket(client, input) as follower:
        assert await follower.candidates() == data.ids
        at = _soon()
        await factories.price(db, data.first, "0.3", output_per_1k="0.3", effective_from=at)
        assert await follower.candidates() == data.ids[::-1]
        assert datetime.now(UTC) >= at


async def test_measured_figures_change_the_routes_that_depend_on_them(
    serve: Serving, db: Database, data: Data
) -> None:
    fastest = {"model": {"name": "m"}, "strategy": "FASTEST"}
    async with (
        serve() as client,
        by_socket(client, fastest) as follower,
        by_sse(client, {"model": {"name": "m"}}) as other,
    ):
        assert await follower.candidates() == data.ids
        assert await other.candidates() == data.ids
        await factories.health(
            db,
            data.first,
            succeeded=100,
            state=HealthState.HEALTHY,
            success_rate=1.0,
            latency_ms_p50=900.0,
            latency_ms_p95=900.0,
        )
        assert await follower.candidates() == data.ids[::-1]
        assert await other.is_quiet()


async def test_reports_and_operators_change_the_route_by_a_circuit(
    serve: Serving, data: Data
) -> None:
    async with serve() as client, by_socket(client, {"model": {"name": "m"}}) as follower:
        assert await follower.candidates() == data.ids
        call = {"binding": data.ids[0], "at": _soon(-1).isoformat(), "outcome": "TIMEOUT"}
        await _sent(client, REPORT, input={"items": [call] * 10})
        assert await follower.excluded() == [("CIRCUIT_OPEN", data.ids[0])]
        closed = {"binding": {"id": data.ids[0]}, "state": "CLOSED", "reason": "mended"}
        await _sent(client, SET_CIRCUIT, input=closed)
        assert await follower.candidates() == data.ids
        until = _soon()
        opened = {**closed, "state": "OPEN", "until": until.isoformat()}
        await _sent(client, SET_CIRCUIT, input=opened)
        assert await follower.excluded() == [("CIRCUIT_OPEN", data.ids[0])]
        assert await follower.candidates() == data.ids[::-1]  # HALF_OPEN comes last
        assert datetime.now(UTC) >= until


async def test_reported_latencies_change_the_order_of_the_fastest(
    serve: Serving, data: Data
) -> None:
    input = {"model": {"name": "m"}, "strategy": "FASTEST"}
    async with serve() as client, by_sse(client, input) as follower:
        assert await follower.candidates() == data.ids
        call = {"binding": data.ids[0], "at": _soon(-1).isoformat(), "outcome": "SUCCESS"}
        await _sent(client, REPORT, input={"items": [{**call, "latencyMs": 900.0}] * 30})
        assert await follower.candidates() == data.ids[::-1]


async def test_an_alias_and_a_provider_change_the_route(
    serve: Serving, db: Database, data: Data
) -> None:
    async with serve() as client, by_socket(client, {"model": {"name": "m"}}) as follower:
        assert await follower.candidates() == data.ids
        version = await factories.version(db, data.model)
        binding = await factories.binding(db, version)
        while await follower.candidates() != [binding.node_id]:
            pass  # the new version had no binding yet
        async with db.write("tests") as session:
            former = await session.get_one(ModelVersion, data.first.version_id)
        await factories.alias(db, former)
        assert await follower.candidates() == data.ids


async def test_each_subscription_starts_with_the_route_of_now(
    serve: Serving, db: Database, data: Data
) -> None:
    async with serve() as client, by_sse(client, {"model": {"name": "m"}}) as first:
        await first.next()
        for weight in (50, 200, 50, 200):
            await _weigh(db, data.first, weight)
            async with by_socket(client, {"model": {"name": "m"}}) as follower:
                expected = data.ids if weight == 200 else data.ids[::-1]
                assert await follower.candidates() == expected


@pytest.mark.parametrize(
    ("input", "code", "message"),
    [
        ({"model": {"name": "nobody"}}, "NOT_FOUND", "no such model"),
        ({"model": {"name": "m"}, "select": {"alias": "no"}}, "NOT_FOUND", "no such model or ver"),
        ({"model": {"name": "m"}, "limit": 21}, "BAD_USER_INPUT", "input.limit"),
        ({"model": {"name": "m"}, "strategy": "WEIGHTED"}, "BAD_USER_INPUT", "input.strategy"),
    ],
)
async def test_what_has_no_route_cannot_be_followed(
    serve: Serving, data: Data, input: Any, code: str, message: str
) -> None:
    async with serve() as client:
        body = {"query": FOLLOW, "variables": {"input": input}}
        headers = {"accept": "text/event-stream, application/json"}
        answer = await client.post("/graphql", json=body, headers=headers)
        [error] = answer.json()["errors"]
        assert (error["extensions"]["code"], message in error["message"]) == (code, True)
        async with greeted(client) as socket:
            await socket.subscribe("1", FOLLOW, input=input)
            assert (await socket.receive())["payload"][0]["extensions"]["code"] == code


async def test_a_model_that_is_deleted_ends_the_stream(
    serve: Serving, db: Database, data: Data
) -> None:
    async with serve() as client, greeted(client) as socket:
        await socket.subscribe("1", FOLLOW, input={"model": {"id": data.model.node_id}})
        await socket.data("1")
        async with db.write("tests") as session:
            await session.delete(await session.get_one(Model, data.model.id))
        message = await socket.receive()
        assert (message["id"], message["type"]) == ("1", "error")
        assert message["payload"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_stream_goes_on_when_its_connections_to_the_database_are_killed(
    serve: Serving, data: Data, database_url: str
) -> None:
    async with serve() as client, by_socket(client, {"model": {"name": "m"}}) as follower:
        assert await follower.candidates() == data.ids
        for weight in (50, 200):
            _kill_others_and_weigh(database_url, data.first, weight)
            expected = data.ids if weight == 200 else data.ids[::-1]
            assert await follower.candidates() == expected


def _kill_others_and_weigh(url: str, binding: ProviderBinding, weight: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute(
            "UPDATE provider_bindings SET weight = %s, revision = revision + 1 WHERE id = %s",
            (weight, binding.id),
        )
