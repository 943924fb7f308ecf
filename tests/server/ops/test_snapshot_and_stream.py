"""A snapshot and the stream of changes after its registryRevision give the data, without a gap."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psycopg
import pytest

from tests.server.conftest import Serving
from tests.server.sockets import WAIT_S, events, greeted
from tests.server.wire import waiting

SNAPSHOT = """{
  models(first: 100) { nodes { id description } }
  service { registryRevision }
}"""
LIVE = """subscription($after: String) {
  registryChanged(after: $after) {
    cursor
    event { action subjectId changes { field after } }
  }
}"""
CREATE = (
    "mutation($name: String!) { createModel(input: {name: $name, task: CHAT}) { model { id } } }"
)
UPDATE = """mutation($id: ID!, $text: String!) {
  updateModel(input: {model: {id: $id}, description: $text}) { model { id } }
}"""
DELETE = "mutation($id: ID!) { deleteModel(input: {model: {id: $id}}) { deletedId } }"
_WRITERS = 4
_SNAPSHOTS = 25


async def _sent(client: httpx.AsyncClient, document: str, **variables: str) -> Any:
    answer = await client.post("/graphql", json={"query": document, "variables": variables})
    body = answer.json()
    assert "errors" not in body, body
    return body["data"]


async def _write(client: httpx.AsyncClient, writer: int, stopped: asyncio.Event) -> None:
    """Create, change and delete models, as fast as the server does it."""
    number = 0
    while not stopped.is_set():
        number += 1
        created = await _sent(client, CREATE, name=f"writer-{writer}-{number}")
        key = created["createModel"]["model"]["id"]
        for text in ("one", "two"):
            await _sent(client, UPDATE, id=key, text=f"{text} {number}")
        if number % 5:
            await _sent(client, DELETE, id=key)


async def _snapshot(client: httpx.AsyncClient) -> tuple[str, dict[str, str | None]]:
    """The registry's revision, and each model's description by id."""
    data = await _sent(client, SNAPSHOT)
    found = {node["id"]: node["description"] for node in data["models"]["nodes"]}
    return data["service"]["registryRevision"], found


def _apply(models: dict[str, str | None], event: dict[str, Any]) -> None:
    key = event["subjectId"]
    if event["action"] == "DELETED":
        models.pop(key, None)
        return
    models.setdefault(key, None)
    for change in event["changes"]:
        if change["field"] == "description":
            models[key] = change["after"]


@asynccontextmanager
async def _by_socket(client: httpx.AsyncClient, after: str) -> AsyncIterator[AsyncIterator[Any]]:
    async def changes() -> AsyncIterator[Any]:
        while True:
            yield (await socket.data("1"))["registryChanged"]

    async with greeted(client) as socket:
        await socket.subscribe("1", LIVE, after=after)
        yield changes()


@asynccontextmanager
async def _by_sse(client: httpx.AsyncClient, after: str) -> AsyncIterator[AsyncIterator[Any]]:
    async def changes() -> AsyncIterator[Any]:
        async for _, body in stream:
            yield body["data"]["registryChanged"]

    async with events(client, LIVE, after=after) as stream:
        yield changes()


@pytest.mark.parametrize("subscribed", [_by_socket, _by_sse])
async def test_a_snapshot_and_the_changes_after_its_revision_are_the_table(
    serve: Serving, subscribed: Any
) -> None:
    async with serve() as client:
        stopped = asyncio.Event()
        writers = [asyncio.ensure_future(_write(client, n, stopped)) for n in range(_WRITERS)]
        snapshots = []
        for _ in range(_SNAPSHOTS):
            snapshots.append(await _snapshot(client))
            await asyncio.sleep(0.01)
        stopped.set()
        await asyncio.gather(*writers)
        last, table = await _snapshot(client)
        assert len({revision for revision, _ in snapshots}) > 1
        for revision, models in snapshots:
            before = int(revision)
            async with asyncio.timeout(WAIT_S), subscribed(client, revision) as changes:
                for _ in range(int(last) - before):
                    _apply(models, (await anext(changes))["event"])
            assert models == table


@pytest.mark.parametrize("is_repeated", [False, True], ids=["executed", "cached"])
async def test_the_stream_begins_right_after_the_revision(
    serve: Serving, *, is_repeated: bool
) -> None:
    async with serve() as client:
        before = (await _sent(client, CREATE, name="before"))["createModel"]["model"]["id"]
        for _ in range(3 if is_repeated else 1):
            revision, models = await _snapshot(client)
        assert (revision, models) == ("1", {before: None})
        after = (await _sent(client, CREATE, name="after"))["createModel"]["model"]["id"]
        async with _by_socket(client, revision) as changes:
            assert (await anext(changes))["event"]["subjectId"] == after


async def test_the_revision_is_read_before_the_data(serve: Serving, database_url: str) -> None:
    """Else a change that is committed between the two would be neither in the data nor after it."""
    async with (
        serve(response_cache_bytes_max=0) as client,
        await psycopg.AsyncConnection.connect(database_url) as writer,
    ):
        await writer.execute("LOCK TABLE registry_state")
        reading = asyncio.ensure_future(_snapshot(client))
        await waiting(database_url, 1, or_more=True)
        await asyncio.sleep(0.1)  # a statement that reads the models too early has read them now
        await writer.execute(
            "INSERT INTO models (id, revision, name, task, retention_keep)"
            " VALUES (gen_random_uuid(), 1, 'm', 'CHAT', 3)"
        )
        await writer.commit()
        revision, found = await reading
        assert len(found) == int(revision)


@pytest.mark.parametrize(
    "after", ["1", "01", "00", "+1", "-1", "1.0", " 1", "1 ", "٣", "9" * 19, "9" * 40]
)
async def test_a_revision_that_this_registry_has_not_reached_is_no_cursor(
    client: httpx.AsyncClient, after: str
) -> None:
    body = {"query": LIVE, "variables": {"after": after}}
    headers = {"accept": "text/event-stream, application/graphql-response+json"}
    answer = await client.post("/graphql", json=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_CURSOR"
