"""Subscriptions with several servers on one database, broken connections, slow clients, stops."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from db.postgres.engine import Database
from db.tables import Model
from domain.enums import TaskType
from resolvers import event_cursors
from tests.feeds import kill_listeners
from tests.server.conftest import Serving
from tests.server.sockets import WAIT_S, events, greeted

ROOT = Path(__file__).resolve().parents[3]
LIVE = "subscription($after: String) { registryChanged(after: $after) { cursor model { name } } }"
FILTERED = """subscription($filter: ChangeFilter) {
  registryChanged(filter: $filter, after: "ZXZlbnQ6MA") { event { kind action } model { name } }
}"""
CREATE = (
    "mutation($name: String!) { createModel(input: {name: $name, task: CHAT}) { model { id } } }"
)
DELETE = "mutation($id: ID!) { deleteModel(input: {model: {id: $id}}) { deletedId } }"
START = event_cursors.encode(0)


async def _create(client: httpx.AsyncClient, name: str) -> str:
    body = {"query": CREATE, "variables": {"name": name}}
    response = await client.post("/graphql", json=body)
    return str(response.json()["data"]["createModel"]["model"]["id"])


async def test_a_change_by_one_server_reaches_the_subscribers_of_another(serve: Serving) -> None:
    async with serve() as one, serve() as other:
        async with greeted(one) as here, greeted(other) as there:
            await here.subscribe("1", LIVE, after=START)
            await there.subscribe("1", LIVE, after=START)
            for number in range(10):
                await _create(one if number % 2 else other, f"m{number}")
            received = [[await socket.data("1") for _ in range(10)] for socket in (here, there)]
        assert received[0] == received[1]
        names = [change["registryChanged"]["model"]["name"] for change in received[0]]
        assert names == [f"m{number}" for number in range(10)]
        cursor = received[0][6]["registryChanged"]["cursor"]
        async with events(other, LIVE, after=cursor) as stream:  # resumed at the other server
            assert [(await anext(stream))[1]["data"] for _ in range(3)] == received[0][7:]


async def test_subscribers_get_every_event_when_the_listening_connection_is_killed(
    serve: Serving, database_url: str
) -> None:
    async with serve() as client, greeted(client) as socket:
        await socket.subscribe("1", LIVE, after=START)
        for number in range(20):
            await _create(client, f"m{number}")
            if number in (3, 12):
                kill_listeners(database_url)
        changes = [(await socket.data("1"))["registryChanged"] for _ in range(20)]
        assert [change["model"]["name"] for change in changes] == [f"m{n}" for n in range(20)]
        cursors = [change["cursor"] for change in changes]
        assert cursors == [event_cursors.encode(number) for number in range(1, 21)]


async def test_filters_select_models_kinds_and_actions(serve: Serving) -> None:
    async with serve() as client, greeted(client) as socket:
        first, second = await _create(client, "first"), await _create(client, "second")
        await client.post("/graphql", json={"query": DELETE, "variables": {"id": first}})
        gone = {"event": {"kind": "MODEL", "action": "DELETED"}, "model": None}
        new = {"event": {"kind": "MODEL", "action": "CREATED"}}
        of_second = {**new, "model": {"name": "second"}}
        for key, filter_, expected in (
            ("id", {"models": [{"id": second}]}, [of_second]),
            ("name", {"models": [{"name": "second"}]}, [of_second]),
            ("gone", {"models": [{"id": first}]}, [{**new, "model": None}, gone]),
            ("action", {"actions": ["DELETED"], "kinds": ["MODEL", "ALIAS"]}, [gone]),
        ):
            await socket.subscribe(key, FILTERED, filter=filter_)
            changes = [(await socket.data(key))["registryChanged"] for _ in expected]
            assert changes == expected
            await socket.send({"id": key, "type": "complete"})
        await socket.subscribe("kind", FILTERED, filter={"kinds": ["VERSION"]})
        await socket.subscribe("none", FILTERED, filter={"models": []})
        await socket.subscribe("all", FILTERED)
        assert [(await socket.receive())["id"] for _ in range(3)] == ["all"] * 3


@pytest.mark.parametrize("ref", [{"name": "nobody"}, {"id": "mdl_x"}, {"id": "ver_" + "0" * 32}])
async def test_a_filter_that_can_never_match_is_rejected(
    client: httpx.AsyncClient, ref: dict[str, str]
) -> None:
    async with greeted(client) as socket:
        await socket.subscribe("1", FILTERED, filter={"models": [ref]})
        message = await socket.receive()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert "filter.models" in message["payload"][0]["message"]


async def test_a_subscriber_that_lags_ends_with_its_cursor_and_can_resume(
    serve: Serving, db: Database
) -> None:
    async with (
        serve(subscription_queue_max=5, subscription_lag_max_s=0) as client,
        events(client, LIVE) as stream,
    ):
        await _create(client, "first")
        first = await anext(stream)  # the subscriber has read to the end of the log
        async with db.write("bulk") as session:
            session.add_all([Model(name=f"m{n}", task=TaskType.CHAT) for n in range(300)])
        async with asyncio.timeout(WAIT_S):
            *received, (_, last), complete = [first, *[event async for event in stream]]
        assert complete == ("complete", None)
        [error] = last["errors"]
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
        [cursor] = re.findall(r'after: "(.*?)"', error["message"])
        assert event_cursors.decode(cursor) == len(received) < 301
    async with serve() as client, events(client, LIVE, after=cursor) as stream:
        for number in range(len(received) + 1, 302):
            body = (await anext(stream))[1]
            assert body["data"]["registryChanged"]["cursor"] == event_cursors.encode(number)


@contextmanager
def _process(database_url: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process and its address."""
    command = [sys.executable, "-m", "server", "serve", "--port", "0"]
    inherited = {name: os.environ[name] for name in ("PATH", "REGISTRY_RETENTION_CRON")}
    environment = {**inherited, "DATABASE_URL": database_url}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            line = next(line for line in process.stderr if "http://" in line)
            yield process, re.findall(r"http://[\d.]+:\d+", line)[0]
        finally:
            process.kill()


async def _until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                (await client.get("/readyz")).raise_for_status()
                return
            except httpx.HTTPError:
                await asyncio.sleep(0.05)


async def test_a_stop_ends_streams_at_once_with_the_cursor_to_resume_from(
    database_url: str,
) -> None:
    with _process(database_url) as (process, address):
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            await _until_ready(client)
            async with greeted(client) as socket, events(client, LIVE) as stream:
                await _create(client, "only")
                assert (await anext(stream))[0] == "next"
                await socket.subscribe("1", LIVE, after=START)
                await socket.data("1")
                process.send_signal(signal.SIGTERM)
                name, body = await anext(stream)
                assert name == "next"
                assert body["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
                assert json.dumps(event_cursors.encode(1)) in body["errors"][0]["message"]
                assert await anext(stream) == ("complete", None)
                message = await socket.receive()
                assert (message["id"], message["type"]) == ("1", "error")
                assert await socket.close_code() == 1012
        assert await asyncio.to_thread(process.wait, 20) == 0
