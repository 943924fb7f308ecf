"""When connections end, and what must not end with them."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
import uvloop
from sqlmodel import select

from db.postgres.engine import Database
from db.tables import Model
from tests.server.wire import (
    CREATE,
    QUERY,
    WAIT_S,
    Connection,
    head,
    held,
    left_behind,
    request,
    waiting,
)

Serve = Callable[..., Any]
UPGRADE = b"""GET /graphql HTTP/1.1
Host: localhost
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Sec-WebSocket-Protocol: graphql-transport-ws

""".replace(b"\n", b"\r\n")


def _frame(text: bytes) -> bytes:
    """A WebSocket's text frame of a client: masked, by zeros."""
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


async def test_a_websocket_outlives_the_requests_before_it(serve_bytes: Serve) -> None:
    """A proxy may use a connection for requests first."""
    async with serve_bytes(keep_alive_s=1) as site:
        connection = await site.connected()
        for _ in range(2):
            await connection.ask(request(QUERY))
        await connection.send(UPGRADE)
        async with asyncio.timeout(WAIT_S):
            switched = await connection.reader.readuntil(b"\r\n\r\n")
            assert switched.startswith(b"HTTP/1.1 101 ")
            await asyncio.sleep(1.5)
            await connection.send(_frame(b'{"type": "connection_init"}'))
            told = await connection.reader.readuntil(b"}")
        assert b'{"type":"connection_ack"}' in told


async def test_an_idle_connection_is_closed_after_an_operation_that_took_too_long(
    serve_bytes: Serve, database_url: str
) -> None:
    async with serve_bytes(keep_alive_s=1, operation_timeout_ms=300) as site:
        connection = await site.connected()
        await connection.ask(request(QUERY))
        with held(database_url):
            answer = await connection.ask(request(QUERY))
        assert answer.body["errors"][0]["extensions"]["code"] == "TIMEOUT"
        assert await connection.is_closed()
    assert site.asgi_count == 0


async def test_a_mutation_that_takes_too_long_ends_though_its_client_is_gone(
    serve_bytes: Serve, db: Database, database_url: str
) -> None:
    async with serve_bytes(operation_timeout_ms=500) as site:
        with held(database_url):
            await left_behind(site, database_url)
            await waiting(database_url, 0)
        async with db.write("tests") as session:
            assert (await session.exec(select(Model))).all() == []
    assert site.asgi_count == 0


@pytest.mark.parametrize(
    "is_known", [True, False], ids=["after another request", "on a new connection"]
)
async def test_half_a_body_blocks_no_other_request_and_is_refused_in_the_end(
    serve_bytes: Serve, is_known: bool
) -> None:
    whole = request(QUERY)
    async with serve_bytes(concurrency_max=1, operation_timeout_ms=500) as site:
        halves: list[Connection] = [await site.connected() for _ in range(3)]
        for half in halves:
            if is_known:
                await half.ask(whole)
            await half.send(whole[:-3])
        other = await site.connected()
        assert (await other.ask(whole)).status == 200
        for half in halves:
            late = await half.answer()
            assert late.status == 408
            [error] = late.body["errors"]
            assert error["message"] == "The body did not come within 500 ms"
            assert error["extensions"]["code"] == "TIMEOUT"
            assert await half.is_closed()


async def test_empty_lines_before_a_request_are_ignored(serve_bytes: Serve) -> None:
    body = json.dumps({"query": QUERY + " " * 50}).encode()
    whole = request(QUERY)
    async with serve_bytes() as site:
        first, second = await site.connected(), await site.connected()
        assert (await first.ask(b"\r\n\r\n" + head(len(body)) + body)).status == 200
        cut = len(body)
        assert (await second.ask(b"\r\n\r\n" + whole[:cut], whole[cut:])).status == 200


async def test_the_response_comes_before_the_end_for_malformed_bytes(
    serve_bytes: Serve, db: Database
) -> None:
    async with serve_bytes() as site:
        connection = await site.connected()
        assert (await connection.ask(request(CREATE) + b"garbage\r\n\r\n")).status == 200
        assert (await connection.answer()).status == 400
        assert await connection.is_closed()
    async with db.write("tests") as session:
        assert [model.name for model in await session.exec(select(Model))] == ["a"]


async def test_a_websocket_upgrade_behind_a_running_request_ends_the_connection(
    serve_bytes: Serve, database_url: str
) -> None:
    async with serve_bytes() as site:
        connection = await site.connected()
        with held(database_url):
            await connection.send(request(QUERY) + UPGRADE)
            assert await connection.is_closed()
            await waiting(database_url, 0)  # its query is cancelled


def test_a_request_that_arrives_while_the_event_loop_is_late_is_answered(
    serve_bytes: Serve,
) -> None:
    """uvloop reads, then calls timers: one of them finds the connection idle for too long."""

    async def ask() -> bytes:
        async with serve_bytes(keep_alive_s=1) as site:
            with socket.create_connection(("127.0.0.1", site.port)) as client:
                client.settimeout(10)
                client.sendall(request(QUERY))
                await asyncio.to_thread(client.recv, 65_536)
                await asyncio.sleep(0.5)
                await _late(lambda: client.sendall(request(QUERY)))
                return await asyncio.to_thread(client.recv, 65_536)

    assert uvloop.run(ask()).startswith(b"HTTP/1.1 200 ")


async def _late(act: Callable[[], object]) -> None:
    """Act, and keep the event loop for a second, while it handles what has arrived elsewhere."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    ours, theirs = socket.socketpair()

    def handle() -> None:
        loop.remove_reader(ours)
        act()
        time.sleep(1)
        done.set()

    with ours, theirs:
        loop.add_reader(ours, handle)
        theirs.send(b"x")
        await done.wait()
