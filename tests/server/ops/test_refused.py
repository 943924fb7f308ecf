"""Each refusal is counted once, under a reason of a fixed set, wherever it is decided."""

import ast
import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import websockets

from db.postgres.engine import Database
from domain.access import Role
from server import app
from server.errors import HttpError
from server.http import websocket
from server.ops import refused
from server.settings import Settings
from tests import factories
from tests.server.conftest import running
from tests.server.sockets import connected
from tests.server.wire import CREATE, QUERY, Site, head

ROOT = Path(__file__).resolve().parents[3]
_NO_JOBS = {"jobs": False, "response_cache_bytes_max": 0, "shutdown_timeout_s": 1}


class _Served(NamedTuple):
    client: httpx.AsyncClient
    secret: str

    async def sent(self, *parts: bytes) -> None:
        """Send bytes, and read until the server has answered or closed the connection."""
        site = Site()
        site.port = self.client.base_url.port or 0
        connection = await site.connected()
        await connection.send(*parts)
        async with asyncio.timeout(10):
            await connection.reader.read(1)
        await site.close()

    async def posted(self, query: str, **options: Any) -> None:
        await self.client.post("/graphql", json={"query": query}, **options)

    async def told(self, *messages: str | bytes, greeting: Any = None, **options: Any) -> None:
        """Open a socket, greet, send messages, and wait until it is closed."""
        async with connected(self.client, **options) as socket:
            if greeting is not None:
                await socket.send({"type": "connection_init", "payload": greeting})
            for message in messages:
                await socket.connection.send(message)
            await socket.close_code()

    async def denied(self, **options: Any) -> None:
        """Ask for a socket that is not opened."""
        with pytest.raises(websockets.InvalidStatus):
            async with connected(self.client, **options):
                pass

    async def framed(self, frame: bytes) -> None:
        """Send a frame that no client library makes."""
        async with connected(self.client) as socket:
            await socket.send({"type": "connection_init"})
            await socket.receive()
            socket.connection.transport.write(frame)
            await socket.close_code()


Refuse = Callable[[_Served], Awaitable[Any]]
_START = '{"type": "subscribe", "id": "1", "payload": {"query": "subscription { x }"}}'
_LIVE = _START.replace("x", "registryChanged { cursor }")
_HANDSHAKE = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
_KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
_ALIASES = "{" + " ".join(f"a{n}: __typename" for n in range(99)) + "}"
_BROWSER = {"origin": "http://evil.example"}
_STREAM = "subscription { registryChanged { cursor } }"
OPEN: list[tuple[str, Refuse]] = [
    ("bad_request", lambda s: s.sent(b"x\r\n\r\n")),
    ("bad_request", lambda s: s.sent(b"GET /graphql HTTP/1.1\r\n\r\n")),
    ("bad_request", lambda s: s.client.post("/graphql", content=b"{", headers=_JSON)),
    ("bad_request", lambda s: s.sent(head(None, *_HANDSHAKE, method="GET"))),
    ("forbidden", lambda s: s.posted(QUERY, headers=_BROWSER)),
    ("forbidden", lambda s: s.denied(origin="http://evil.example")),
    ("unknown_path", lambda s: s.client.get("/nothing")),
    ("unknown_path", lambda s: s.client.get("/nothing", headers={"accept": "text/html"})),
    ("unknown_path", lambda s: s.client.put("/graphql/stream")),
    ("unknown_path", lambda s: s.sent(head(None, *_HANDSHAKE, _KEY, method="GET", path="/x"))),
    ("wrong_method", lambda s: s.client.post("/healthz")),
    ("wrong_method", lambda s: s.client.get("/graphql", params={"query": CREATE})),
    ("wrong_method", lambda s: s.client.put("/graphql")),
    ("not_acceptable", lambda s: s.posted(_STREAM)),
    ("slow_request", lambda s: s.sent(b"GET / HTTP/1.1\r\n")),
    ("slow_request", lambda s: s.sent(head(10))),
    ("body_too_large", lambda s: s.posted(" " * 5_000)),
    ("body_too_large", lambda s: s.sent(head(50_000))),
    ("url_too_long", lambda s: s.client.get("/graphql", params={"query": "x" * 6_000})),
    ("url_too_long", lambda s: s.sent(head(None, method="GET", path="/graphql?" + "x" * 4_020))),
    ("wrong_content_type", lambda s: s.client.post("/graphql", content=b"x")),
    ("foreign_host", lambda s: s.posted(QUERY, headers={"host": "evil.example"})),
    ("head_too_large", lambda s: s.sent(head(None, *["X: 1"] * 200))),
    ("head_too_large", lambda s: s.sent(head(None, f"X: {'1' * 5_000}"))),
    ("bad_user_input", lambda s: s.posted("{")),
    ("limit_exceeded", lambda s: s.posted(_ALIASES)),
    (
        "persisted_query_not_supported",
        lambda s: s.client.post("/graphql", json={"documentId": "x"}),
    ),
    ("bad_message", lambda s: s.told("[]", greeting={})),
    ("bad_message", lambda s: s.told(b"{}", greeting={})),
    ("bad_message", lambda s: s.told(_LIVE, _LIVE, greeting={})),
    ("bad_message", lambda s: s.told('{"type": "connection_init"}', greeting={})),
    ("bad_message", lambda s: s.framed(b"\x83\x80\0\0\0\0")),  # an opcode that is none
    ("bad_message", lambda s: s.framed(b"\x81\x81\0\0\0\0\xff")),  # no UTF-8
    ("message_too_large", lambda s: s.told('{"type": "ping", "x": "%s"}' % ("x" * 3_000))),
    ("unauthenticated", lambda s: s.told(_START)),
    ("slow_request", lambda s: s.told()),
    ("not_acceptable", lambda s: s.told(subprotocols=["graphql-ws"])),
    ("socket_flood", lambda s: s.told(*['{"type": "ping"}'] * 150, greeting={})),
    ("bad_cursor", lambda s: s.posted(_STREAM.replace("d {", 'd(after: "x") {'), headers=_EVENTS)),
]
_JSON = {"content-type": "application/json"}
_EVENTS = {"accept": "text/event-stream"}


async def _ended(served: _Served) -> None:
    """A socket whose token is revoked."""
    async with connected(served.client, additional_headers=_bearer(served)) as socket:
        await socket.send({"type": "connection_init"})
        await socket.receive()
        asked = {"json": {"query": _VIEWER}, "headers": _bearer(served)}
        viewer = await served.client.post("/graphql", **asked)
        given = {"id": viewer.json()["data"]["viewer"]["token"]["id"]}
        body = {"query": _REVOKE, "variables": given}
        done = await served.client.post("/graphql", json=body, headers=_bearer(served))
        assert done.json()["data"]["revokeToken"]["userErrors"] == [], done.text
        await socket.close_code()


async def _second(served: _Served) -> None:
    """A second socket of a token that may have one."""
    async with connected(served.client, additional_headers=_bearer(served)) as socket:
        await socket.send({"type": "connection_init"})
        await socket.receive()
        await served.told(greeting={}, additional_headers=_bearer(served))


def _bearer(served: _Served) -> dict[str, str]:
    return {"authorization": f"Bearer {served.secret}"}


_VIEWER = "{ viewer { token { id } } }"
_REVOKE = "mutation($id: ID!) { revokeToken(input: {id: $id}) { userErrors { message } } }"
_PAGE = {"accept": "text/html"}
_WRONG = {"authorization": "Bearer wrong"}
WITH_TOKENS: list[tuple[str, Refuse]] = [
    ("unauthenticated", lambda s: s.posted(QUERY)),
    ("unauthenticated", lambda s: s.client.get("/graphql", headers=_PAGE)),
    ("unauthenticated", lambda s: s.client.get("/metrics")),
    ("unauthenticated", lambda s: s.told(greeting={})),
    ("unauthenticated", lambda s: s.sent(head(10))),
    ("too_many_sockets", _second),
    ("unauthenticated", lambda s: s.told(greeting={"authorization": "Bearer wrong"})),
    ("rate_limited", lambda s: s.posted(QUERY, headers=_WRONG)),
    ("rate_limited", lambda s: s.told(greeting={"authorization": "Bearer wrong"})),
    ("access_ended", _ended),
]


async def _is_counted_once(served: _Served, cases: list[tuple[str, Refuse]]) -> None:
    for number, (reason, refuse) in enumerate(cases):
        before = Counter(refused.COUNTS)
        await refuse(served)
        async with asyncio.timeout(10):
            while before == refused.COUNTS:  # noqa: ASYNC110  # it is a plain number
                await asyncio.sleep(0.01)
        assert refused.COUNTS - before == Counter([reason]), number


async def test_what_is_refused_before_an_operation_runs_is_counted_once(
    database_url: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "_INIT_WAIT_S", 0.3)
    limits = {
        "body_bytes_max": 4_000,
        "head_bytes_max": 4_096,
        "head_timeout_s": 0.4,
        "operation_timeout_ms": 600,
        "socket_messages_per_s": 50,
    }
    settings = Settings(_env_file=None, **_NO_JOBS, **limits)
    application = app.build(settings, database_url)
    async with running(application, ws_max_size=2_048) as client:
        await _is_counted_once(_Served(client, ""), OPEN)
        shown = (await client.get("/metrics")).text
    for reason, value in refused.COUNTS.items():
        assert f'registry_refusals_total{{reason="{reason}"}} {value}.0' in shown


async def test_who_is_not_let_in_is_counted_once(database_url: str, db: Database) -> None:
    secret = await factories.token(db, Role.ADMIN)
    limits = {"require_tokens": True, "sockets_per_token_max": 1, "wrong_credentials_per_minute": 1}
    application = app.build(Settings(_env_file=None, **_NO_JOBS, **limits), database_url)
    async with running(application) as client:
        await _is_counted_once(_Served(client, secret), WITH_TOKENS)


async def test_connections_and_sockets_beyond_a_limit_are_counted(database_url: str) -> None:
    for limits, refuse in (
        ({"sockets_max": 0}, ("too_many_sockets", lambda s: s.denied())),
        ({"concurrency_max": 1, "connections_max": 1}, ("unavailable", _without_room)),
    ):
        application = app.build(Settings(_env_file=None, **_NO_JOBS, **limits), database_url)
        async with running(application) as client:
            await _is_counted_once(_Served(client, ""), [refuse])


async def _without_room(served: _Served) -> None:
    """A connection beside one that has a socket, and is not idle."""
    async with connected(served.client):
        await served.sent(b"")


def _constants(name: str) -> Iterator[int]:
    """The first argument, as a number, of each call by this name in the server."""
    for file in sorted((ROOT / "server").rglob("*.py")):
        names: dict[str, Any] = {}
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Assign(targets=[ast.Name(id=key)], value=ast.Constant(value=int(value))):
                    names[key] = value
                case ast.Call(func=ast.Name(id=found), args=[first, *_]) if found == name:
                    yield from _numbers(first, names)


def _numbers(node: ast.expr, names: dict[str, Any]) -> Iterator[int]:
    for part in ast.walk(node):
        match part:
            case ast.Constant(value=int(value)):
                yield value
            case ast.Name(id=key) if key in names:
                yield names[key]
            case ast.Attribute(value=ast.Name(id="HTTPStatus"), attr=attr):
                yield HTTPStatus[attr].value


def test_every_status_of_a_refusal_is_among_those_above() -> None:
    """A new status, or a new reason, needs a case here."""
    tried = {reason for reason, _ in (*OPEN, *WITH_TOKENS)} | {"unavailable", "client_gone"}
    statuses = set(_constants("HttpError"))
    assert len(statuses) > 10
    found = {status: refused.reason(HttpError(status, "")) for status in statuses}
    assert {s: r for s, r in found.items() if r not in tried} == {}
    codes = set(_constants("ProtocolError"))
    assert {code: refused.of_close_code(code) for code in codes} == {
        **dict.fromkeys(codes, refused.BAD_MESSAGE),
        4401: "unauthenticated",
        4408: "slow_request",
    }


def test_reasons_are_documented() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert {reason for reason in refused.REASONS if f"`{reason}`" not in page} == set()
