"""Clients that others have written: npm's graphql-sse, graphql-ws and eventsource."""

import asyncio
import json
from typing import Any

import httpx
import psycopg
import pytest

from tests.server.conftest import Serving
from tests.server.http.test_audit import AUDIT, needs_audit

pytestmark = needs_audit

WAIT_S = 60
REFUSED = [
    ["BAD_USER_INPUT"],
    ["LIMIT_EXCEEDED"],
    ["BAD_CURSOR"],
    ["PERSISTED_QUERY_NOT_SUPPORTED"],
]


async def operated(client: httpx.AsyncClient, transport: str) -> Any:
    """What a client of this transport has got."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(AUDIT / "clients.mjs"),
        str(client.base_url.join("/graphql")),
        transport,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(WAIT_S):
        printed, failures = await process.communicate()
    assert failures.decode() == ""
    return json.loads(printed)


def changed(database_url: str) -> list[str]:
    """The names of the models that were changed, one per event."""
    statement = (
        "SELECT name FROM audit_events JOIN models ON models.id = model_id ORDER BY sequence"
    )
    with psycopg.connect(database_url) as connection:
        return [name for (name,) in connection.execute(statement).fetchall()]


@pytest.mark.parametrize(
    ("transport", "refused"), [("graphql-sse", REFUSED), ("graphql-ws", REFUSED[:3])]
)
async def test_every_kind_of_operation_works_and_mutations_are_executed_once(
    serve: Serving, database_url: str, transport: str, refused: list[list[str]]
) -> None:
    async with serve() as client:
        found = await operated(client, transport)
    assert found == {
        "query": [{"data": {"__typename": "Query"}}],
        "created": ["one", "two", "three", "four"],
        "live": ["one"],
        "resumed": ["two", "three"],
        "continued": ["four"],  # after the registryRevision of a query
        "refused": refused,
    }
    assert changed(database_url) == ["one", "two", "three", "four"]


async def test_an_event_source_connects_again_and_misses_nothing(
    serve: Serving, database_url: str
) -> None:
    async with serve() as client:
        found = await operated(client, "EventSource")
    assert found == {
        "query": [{"data": {"__typename": "Query"}}],
        "live": ["one"],
        "resumed": ["two", "three"],
        "refused": REFUSED,
        "mutation": ["BAD_USER_INPUT"],
    }
    assert changed(database_url) == ["one", "two", "three"]


async def test_the_single_connection_mode_is_refused(serve: Serving, database_url: str) -> None:
    async with serve() as client:
        found = await operated(client, "single connection")
    assert "405" in found["refused"] or "Method Not Allowed" in found["refused"]
    assert changed(database_url) == []
