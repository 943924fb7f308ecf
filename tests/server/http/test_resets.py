"""Clients that reset their connections at any time: no error of the server, and nothing is left."""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest

from server.http import ending
from tests.server.wire import QUERY, Connection, head, held, request, waiting

Serve = Callable[..., Any]
LARGE = request("{ __schema { types { name description fields { name description } } } }")
OTHER = head(None, method="GET", path="/readyz")
EVENTS = request("subscription { events { sequence } }", "Accept: text/event-stream")
BY_ASGI = request(QUERY, "Origin: http://localhost")

SENT = {
    "nothing": b"",
    "half a head": request(QUERY)[:50],
    "half a body": request(QUERY)[:-3],
    "a query": request(QUERY),
    "another path": OTHER,
    "a query by ASGI": BY_ASGI,
    "a stream": EVENTS,
    "pipelined": request(QUERY) * 3,
    "much pipelined": request(QUERY) * 300,  # more than a connection reads ahead
    "pipelined by ASGI": BY_ASGI + request(QUERY) + OTHER + BY_ASGI,
    "pipelined behind a large response": LARGE * 30 + OTHER,
    "half a body behind": BY_ASGI + request(QUERY)[:-3],
    "malformed behind": BY_ASGI + b"garbage\r\n\r\n",
}


def _reset(connection: Connection) -> None:
    """Close so that the server gets a reset, not an end."""
    connected = connection.writer.get_extra_info("socket")
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.writer.transport.abort()


@pytest.mark.parametrize("name", SENT)
async def test_a_reset_is_no_error(
    serve_bytes: Serve,
    name: str,
    database_url: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # neither the timer of a connection nor the timeout of an operation may end what waits here
    monkeypatch.setattr(ending, "_PERIOD_S", 60.0)
    with caplog.at_level(logging.INFO):
        async with serve_bytes(keep_alive_s=60, operation_timeout_ms=60_000) as site:
            for wait_s in (0.0, 0.05):
                connection = await site.connected()
                with held(database_url):
                    await connection.send(SENT[name])
                    await asyncio.sleep(wait_s)
                    _reset(connection)
                    await asyncio.sleep(0.1)
                    await waiting(database_url, 0)
            assert (await (await site.connected()).ask(request(QUERY))).status == 200
    fields = [vars(line)["fields"] for line in caplog.records if line.name == "access"]
    assert {each["code"] for each in fields if each["status"] == 499} <= {"CLIENT_GONE"}
    lines = [line for line in caplog.records if line.name != "slow"]  # they wait for a lock
    bad = [line for line in lines if line.levelno >= logging.WARNING or line.exc_info]
    assert [line.getMessage() for line in bad] == []
