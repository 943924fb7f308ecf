"""What a caller without a token learns of a registry that requires one: nothing of its schema."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from db.postgres.engine import Database
from domain.access import Role
from tests import factories
from tests.server import wire
from tests.server.conftest import Serving, on_every_path
from tests.server.sockets import connected

JSON = {"content-type": "application/json"}
STREAM = {"accept": "text/event-stream"}
# Each would be told apart by a server that reads a request before it knows who asks.
DOCUMENTS = {
    "introspection": "{ __schema { types { name } } }",
    "type name": "{ __typename }",
    "misspelt field": "{ modles { totalCount } }",
    "syntax error": "{ models",
    "mutation": 'mutation { createModel(input: {name: "a", task: CHAT}) { model { id } } }',
    "subscription": "subscription { registryChanged { cursor } }",
    "nothing": "",
}
BODIES = {
    "no JSON": b"{",
    "no object": b"[]",
    "batch": b'[{"query":"{ __typename }"},{"query":"{ __typename }"}]',
    "unknown document": b'{"documentId":"x"}',
    "unknown hash": b'{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}',
    "empty": b"",
}
TELLING = re.compile(
    r"did you mean|createModel|totalCount|registryChanged|__schema|graphiql@", re.I
)


@pytest.fixture
async def closed(serve: Serving) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that requires tokens."""
    async with serve(require_tokens=True) as client:
        yield client


def _told(answer: httpx.Response) -> tuple[int, Any, str]:
    """What an answer says, without its request id."""
    text = re.sub(r'"requestId":"[^"]*"', "", answer.text)
    return answer.status_code, answer.headers.get("www-authenticate"), text


@on_every_path
async def test_every_document_gets_the_same_answer(closed: httpx.AsyncClient) -> None:
    for headers in ({}, STREAM):
        told = set()
        for query in DOCUMENTS.values():
            told.add(_told(await closed.post("/graphql", json={"query": query}, headers=headers)))
            told.add(_told(await closed.get("/graphql", params={"query": query}, headers=headers)))
        for content in BODIES.values():
            sent = {**JSON, **headers}
            told.add(_told(await closed.post("/graphql", content=content, headers=sent)))
        ((status, challenge, text),) = told
        assert "UNAUTHENTICATED" in text
        assert not TELLING.search(text)
        if not headers:  # an event stream has its own status
            assert (status, challenge) == (401, "Bearer")
    head = await closed.head("/graphql", params={"query": "{ __typename }"})
    assert (head.status_code, head.content) == (401, b"")


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/metrics", 401),
        ("HEAD", "/metrics", 401),
        ("GET", "/schema.graphql", 401),
        ("HEAD", "/schema.graphql", 401),
        ("GET", "/schema.graphql/", 307),
        ("GET", "/SCHEMA.GRAPHQL", 404),
        ("GET", "/graphql/stream", 404),
        ("GET", "/graphiql", 404),
        ("GET", "/playground", 404),
        ("GET", "/.env", 404),
        ("GET", "/.well-known/oauth-protected-resource", 404),
        ("GET", "/..%2fpyproject.toml", 404),
        ("GET", "/static/ui/..%2f..%2fpyproject.toml", 404),
        ("OPTIONS", "/graphql", 405),
        ("PUT", "/graphql", 405),
        ("DELETE", "/graphql", 405),
        ("TRACE", "/graphql", 405),
        ("POST", "/metrics", 405),
    ],
)
async def test_paths_beside_graphql_tell_nothing(
    closed: httpx.AsyncClient, method: str, url: str, status: int
) -> None:
    answer = await closed.request(method, url)
    assert answer.status_code == status
    assert not TELLING.search(answer.text)
    if status == 401 and method != "HEAD":
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "sent",
    [
        wire.head(100),
        wire.head(100) + b"{",
        wire.head(100, "Authorization:"),
        wire.head(None, "Transfer-Encoding: chunked", "Content-Type: application/json"),
        wire.head(100).replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
)
async def test_no_body_is_awaited_of_a_caller_without_a_token(
    serve_bytes: Callable[..., Any], sent: bytes
) -> None:
    async with serve_bytes(require_tokens=True) as site:
        connection = await site.connected()
        answer = await connection.ask(sent)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert await connection.is_closed()
        connection = await site.connected()
        for _ in range(2):  # one whose body comes at once may ask again
            assert (await connection.ask(wire.head(2) + b"{}")).status == 401


async def test_metrics_and_schema_are_for_readers(closed: httpx.AsyncClient, db: Database) -> None:
    secret = await factories.token(db, Role.READER)
    for path, part in {"/metrics": "registry_revision", "/schema.graphql": "type Query"}.items():
        allowed = await closed.get(path, headers={"authorization": f"Bearer {secret}"})
        assert (allowed.status_code, part in allowed.text) == (200, True)
        wrong = await closed.get(path, headers={"authorization": f"Bearer {secret}x"})
        assert wrong.status_code == 401


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}], 4401),
        ([{"type": "connection_init"}], 4403),
        ([{"type": "connection_init", "payload": {"authorization": "Bearer mrk_x"}}], 4403),
        ([{"type": "ping"}, {"type": "connection_init", "payload": []}], 4403),
        (["{"], 4400),
    ],
)
async def test_a_socket_without_a_token_is_closed_before_any_operation(
    closed: httpx.AsyncClient, messages: list[Any], code: int
) -> None:
    async with connected(closed) as socket:
        for message in messages:
            await socket.send(message)
        assert await socket.close_code() == code
        assert not TELLING.search(socket.connection.close_reason or "")


async def test_an_open_registry_helps_its_users(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ modles { totalCount } }"})
    assert "Did you mean" in answer.text
    asked = await client.post("/graphql", json={"query": "{ __schema { queryType { name } } }"})
    assert asked.json()["data"]["__schema"]["queryType"]["name"] == "Query"
    assert (await client.get("/schema.graphql")).status_code == 200
