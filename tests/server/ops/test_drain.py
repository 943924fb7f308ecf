"""A stop in bounded time: nothing is cut, and streams go on at another server."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from deploy.lab import registry
from deploy.lab.registry import Registry
from tests.server.sockets import connected, greeted
from tests.server.wire import waiting

CREATE = 'mutation { createModel(input: {name: "%s", task: CHAT}) { model { name } } }'
LIVE = "subscription { registryChanged { cursor model { name } } }"
# A loaded machine may hold the lock for longer than the default limits.
_PATIENT = {
    "REGISTRY_OPERATION_TIMEOUT_MS": "30000",
    "REGISTRY_STATEMENT_TIMEOUT_MS": "29000",
    "REGISTRY_SHUTDOWN_TIMEOUT_S": "30",
}
EVENTS = {"accept": "text/event-stream"}


@asynccontextmanager
async def _client(served: Registry) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served.url, timeout=30, trust_env=False) as client:
        yield client


async def _follow(client: httpx.AsyncClient, cursor: str, lines: list[str]) -> None:
    """Take the lines of a stream after a cursor, to its end."""
    headers = {**EVENTS, **({"last-event-id": cursor} if cursor else {})}
    async with client.stream("GET", "/graphql", params={"query": LIVE}, headers=headers) as stream:
        async for line in stream.aiter_lines():
            lines.append(line)
            if _names(lines)[-1:] == ["last"]:
                break


def _names(lines: list[str]) -> list[str]:
    return [line.split('"name":"')[1].split('"')[0] for line in lines if '"name":' in line]


async def _until(lines: list[str], part: str) -> None:
    """Returns when one of the lines has this part."""
    async with asyncio.timeout(20):
        while not any(part in line for line in lines):  # noqa: ASYNC110  # lists have no event
            await asyncio.sleep(0.02)


async def _create(client: httpx.AsyncClient, name: str) -> httpx.Response:
    return await client.post("/graphql", json={"query": CREATE % name})


async def test_a_stop_cuts_nothing_and_streams_go_on_elsewhere(
    tmp_path: Path, database_url: str
) -> None:
    with (
        registry.serving(tmp_path / "b", database_url) as second,
        registry.serving(
            tmp_path / "a", database_url, variables={**_PATIENT, "REGISTRY_DRAIN_S": "1"}
        ) as first,
    ):
        async with _client(first) as client, _client(second) as other, greeted(client) as socket:
            lines: list[str] = []
            stream = asyncio.ensure_future(_follow(client, "", lines))
            await _until(lines, "")
            await _create(client, "early")
            await _until(lines, '"early"')  # else the stream would wait for the lock, too
            with psycopg.connect(database_url) as blocker:
                blocker.execute("LOCK TABLE models")
                by_http = asyncio.ensure_future(_create(client, "by-http"))
                await socket.subscribe("1", CREATE % "by-socket")
                await waiting(database_url, 2)
                first.process.send_signal(signal.SIGTERM)
                ready = await _stopping(client)
                assert ready.headers["connection"] == "close"
                alive = await client.get("/healthz")
                assert (alive.status_code, alive.headers["connection"]) == (200, "close")
                await asyncio.sleep(1.5)  # the drain is over; what runs is waited for
            created = (await by_http).json()
            assert created == {"data": {"createModel": {"model": {"name": "by-http"}}}}
            assert (await socket.data("1"))["createModel"]["model"]["name"] == "by-socket"
            assert await socket.close_code() == 1012
            await stream
            assert any(line.startswith("retry: ") for line in lines)
            [cursor] = [line[4:] for line in lines if line.startswith("id: ")][-1:]
            await _create(other, "last")
            resumed: list[str] = []
            await _follow(other, cursor, resumed)
            names = sorted(_names(lines) + _names(resumed))
            assert names == ["by-http", "by-socket", "early", "last"]
        assert await asyncio.to_thread(first.process.wait, 20) == 0


async def _stopping(client: httpx.AsyncClient) -> httpx.Response:
    async with asyncio.timeout(20):
        while True:
            ready = await client.get("/readyz")
            if ready.status_code == 503:
                assert ready.json()["status"] == "stopping"
                return ready
            await asyncio.sleep(0.02)


async def _refusing(served: Registry) -> None:
    """Returns when the server accepts no more connections."""
    async with asyncio.timeout(20):
        while True:
            try:
                async with _client(served) as another:
                    await another.get("/healthz")
            except httpx.ConnectError:
                return


async def test_a_connection_in_use_has_time_for_one_more_request(
    tmp_path: Path, database_url: str
) -> None:
    """A request that is on its way when the server stops is answered."""
    with registry.serving(tmp_path / "a", database_url) as served:
        async with _client(served) as client, connected(client):
            await client.get("/healthz")
            served.process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.2)
            answer = await client.post("/graphql", json={"query": "{ __typename }"})
            assert (answer.status_code, answer.headers["connection"]) == (200, "close")


@pytest.mark.parametrize("timeout_s", ["1", "30"])
async def test_what_still_runs_at_the_end_of_a_stop_is_told_so(
    tmp_path: Path, database_url: str, timeout_s: str
) -> None:
    """After the shutdown timeout, or a second Ctrl-C; and the log has no traceback."""
    variables = {**_PATIENT, "REGISTRY_SHUTDOWN_TIMEOUT_S": timeout_s}
    with registry.serving(tmp_path / "a", database_url, variables=variables) as served:
        async with _client(served) as client, greeted(client) as socket:
            with psycopg.connect(database_url) as blocker:
                blocker.execute("LOCK TABLE models")
                by_http = asyncio.ensure_future(_create(client, "by-http"))
                by_events = asyncio.ensure_future(
                    client.post("/graphql", json={"query": CREATE % "by-events"}, headers=EVENTS)
                )
                await socket.subscribe("1", CREATE % "by-socket")
                await waiting(database_url, 3)
                served.process.send_signal(signal.SIGINT)
                if timeout_s == "30":
                    await _refusing(served)
                    served.process.send_signal(signal.SIGINT)
                [error] = (await by_http).json()["errors"]
                assert error["message"].startswith("The server stops")
                code, outcome = error["extensions"]["code"], error["extensions"]["outcome"]
                assert code == "UNAVAILABLE"
                assert outcome in ("NOT_COMMITTED", "UNKNOWN")  # the rollback may take a while
                assert '"UNAVAILABLE"' in (await by_events).text
                [error] = (await socket.receive())["payload"]["errors"]
                assert error["extensions"]["code"] == "UNAVAILABLE"
                assert await asyncio.to_thread(served.process.wait, 20) == 0
    assert "Traceback" not in served.log.read_text()
