"""Floods of WebSockets and event streams: fragments, pings, refused operations, subscriptions."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle

import pytest

from tests.floods.harness import Server, assert_harmless
from tests.floods.sending import BLOCK, Chunks, Sending

UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
LIVE = "subscription { registryChanged { cursor model { name } } }"
LARGE = "{ __schema { types { name description fields { name description } } } }"

CONTINUATION, TEXT, PING, PONG = 0x00, 0x81, 0x89, 0x8A  # all but the first end a message
FRAGMENT = 0x01  # a text without its end


def frame(kind: int, payload: bytes = b"") -> bytes:
    """A frame of a client; the mask of zeros leaves the payload as it is."""
    size = len(payload)
    if size < 126:
        return bytes((kind, 0x80 | size)) + b"\0\0\0\0" + payload
    return bytes((kind, 0x80 | 126)) + size.to_bytes(2, "big") + b"\0\0\0\0" + payload


def message(**content: object) -> bytes:
    return frame(TEXT, json.dumps(content).encode())


def operation(key: str, query: str) -> bytes:
    return message(id=key, type="subscribe", payload={"query": query})


INIT = message(type="connection_init")


def empty_fragments() -> Iterator[bytes]:
    yield INIT + frame(FRAGMENT, b"{")
    yield from cycle((frame(CONTINUATION) * 10_000,))


def small_fragments() -> Iterator[bytes]:
    yield INIT
    yield from cycle((frame(FRAGMENT, b" ") + frame(CONTINUATION, b" ") * 10_000,))


def pings() -> Iterator[bytes]:
    yield INIT
    yield from cycle((frame(PING, b"x" * 125) * 500,))


def pongs() -> Iterator[bytes]:
    yield INIT
    yield from cycle((frame(PONG) * 10_000,))


def protocol_pings() -> Iterator[bytes]:
    yield INIT
    yield from cycle((message(type="ping") * 1_000,))


def completes() -> Iterator[bytes]:
    yield INIT
    yield from cycle((message(type="complete", id="1") * 1_000,))


def refused_operations() -> Iterator[bytes]:
    yield INIT
    yield from cycle((b"".join(operation(str(key), "{ nope }") for key in range(500)),))


def unparsable_operations() -> Iterator[bytes]:
    yield INIT
    yield from cycle((b"".join(operation(str(key), "{") for key in range(500)),))


def large_answers() -> Iterator[bytes]:
    yield INIT
    yield from cycle((b"".join(operation(str(key), LARGE) for key in range(100)),))


def subscriptions_that_end() -> Iterator[bytes]:
    yield INIT
    pair = operation("1", LIVE) + message(type="complete", id="1")
    yield from cycle((pair * 100,))


def long_messages() -> Iterator[bytes]:
    yield INIT
    yield from cycle((frame(TEXT, b'{"type":"pong","payload":"' + b"x" * 60_000 + b'"}'),))


FLOODS: list[Chunks] = [
    empty_fragments,
    small_fragments,
    pings,
    pongs,
    protocol_pings,
    completes,
    refused_operations,
    unparsable_operations,
    large_answers,
    subscriptions_that_end,
    long_messages,
]


class Subscribing:
    """Opens sockets with subscriptions on each, waits, and leaves without a word."""

    def __init__(self, sockets: int, subscriptions: int) -> None:
        self.sockets = sockets
        self.subscriptions = subscriptions

    def __call__(self, port: int, seconds: float) -> None:
        asyncio.run(self._run(port, seconds))

    async def _run(self, port: int, seconds: float) -> None:
        end = time.monotonic() + seconds
        begin = b"".join((INIT, *(operation(str(n), LIVE) for n in range(self.subscriptions))))
        writers = []
        for _ in range(self.sockets):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writers.append(writer)
            writer.write(UPGRADE)
            await reader.read(BLOCK)
            with suppress(OSError):
                writer.write(begin)
                await writer.drain()
        await asyncio.sleep(end - time.monotonic())
        for writer in writers:
            writer.transport.abort()


@pytest.mark.parametrize("reads", [True, False], ids=["read", "not read"])
@pytest.mark.parametrize("chunks", FLOODS, ids=lambda chunks: chunks.__name__)
def test_messages_without_end(chunks: Chunks, reads: bool, server: Server) -> None:
    assert_harmless(server, Sending(chunks, reads=reads, greeting=UPGRADE))
    assert "Traceback" not in server.log.read_text("utf-8")


def test_many_sockets_with_many_subscriptions(server: Server) -> None:
    assert_harmless(server, Subscribing(500, 50), 4)
