"""Where only trusted documents are executed, a token of the role ADMIN may send any, and no one
else: over every transport, and also after the same text was answered to the other."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.postgres.engine import Database
from domain.access import Role
from tests import factories
from tests.server.conftest import Serving, on_every_path
from tests.server.http.test_sse import events_in
from tests.server.sockets import connected

pytestmark = on_every_path

OTHER = {"query": "{ models { totalCount } }"}
LIVE = {"query": 'subscription { registryChanged(after: "ZXZlbnQ6MA") { model { name } } }'}
ZERO = {"models": {"totalCount": 0}}
STREAM = {"accept": "text/event-stream"}


@pytest.fixture
async def client(serve: Serving, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an open server that executes trusted documents only."""
    (tmp_path / "count.graphql").write_text("query Count { models(first: 1) { totalCount } }")
    async with serve(documents=tmp_path, documents_only=True) as connected:
        yield connected


def _headers(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"} if secret else {}


async def _answers(client: httpx.AsyncClient, payload: dict[str, Any], secret: str) -> list[Any]:
    """What GET, POST, both as an event stream, and a WebSocket answer."""
    found = []
    for more in ({}, STREAM):
        headers = {**_headers(secret), **more}
        got = await client.get("/graphql", params=payload, headers=headers)
        posted = await client.post("/graphql", json=payload, headers=headers)
        found += [events_in(each.text)[0][1] if more else each.json() for each in (got, posted)]
    async with connected(client, additional_headers=_headers(secret)) as socket:
        await socket.send({"type": "connection_init"})
        assert (await socket.receive())["type"] == "connection_ack"
        await socket.send({"id": "1", "type": "subscribe", "payload": payload})
        message = await socket.receive()
        is_error = message["type"] == "error"
        found.append({"errors": message["payload"]} if is_error else message["payload"])
    return found


def _codes(answers: list[Any]) -> list[str]:
    return [each["errors"][0]["extensions"]["code"] for each in answers]


@pytest.mark.parametrize("role", [None, Role.EDITOR])
async def test_only_a_proven_administrator_may_send_other_documents(
    client: httpx.AsyncClient, db: Database, role: Role | None
) -> None:
    admin = await factories.token(db, Role.ADMIN)
    other = await factories.token(db, role) if role else ""
    for _ in range(2):  # the second answers may be kept
        assert [each["data"] for each in await _answers(client, OTHER, admin)] == [ZERO] * 5
        assert _codes(await _answers(client, OTHER, other)) == ["DOCUMENT_NOT_TRUSTED"] * 5
    trusted = await client.post("/graphql", json={"documentId": "count"}, headers=_headers(other))
    assert trusted.json()["data"] == ZERO


async def test_an_administrator_may_follow_and_ask_for_the_schema(
    client: httpx.AsyncClient, db: Database
) -> None:
    admin = await factories.token(db, Role.ADMIN)
    await factories.model(db, name="first")
    asked = {"query": "{ __schema { queryType { name } } }"}
    schema = await client.post("/graphql", json=asked, headers=_headers(admin))
    assert schema.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}
    async with connected(client, additional_headers=_headers(admin)) as socket:
        await socket.send({"type": "connection_init"})
        await socket.receive()
        await socket.subscribe("1", LIVE["query"])
        assert "registryChanged" in await socket.data("1")
