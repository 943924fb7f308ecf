"""Floods of HTTP: heads, bodies, pipelines and readers without end, and silent connections."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle

import pytest

from tests.floods.harness import Server, assert_harmless
from tests.floods.sending import BLOCK, Chunks, Sending

HEAD = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
QUERY = b'{"query":"{ models(first: 5) { nodes { name } } }"}'
LARGE = b'{"query":"{ __schema { types { name description fields { name description } } } }"}'


def post(body: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def endless(start: bytes, part: bytes) -> Iterator[bytes]:
    """A request that begins well, and does not end."""
    yield start
    yield from cycle((part,))


def long_url() -> Iterator[bytes]:
    return endless(b"GET /graphql?query=", b"x" * BLOCK)


def header_lines() -> Iterator[bytes]:
    return endless(HEAD, b"X-Some: thing\r\n" * 4_000)


def empty_header_lines() -> Iterator[bytes]:
    return endless(HEAD, b"a:\r\n" * 16_000)


def header_value() -> Iterator[bytes]:
    return endless(HEAD + b"X-Long: ", b"x" * BLOCK)


def header_name() -> Iterator[bytes]:
    return endless(HEAD, b"x" * BLOCK)


def empty_lines() -> Iterator[bytes]:
    return endless(b"\r\n", b"\r\n" * 30_000)


def trailers() -> Iterator[bytes]:
    return endless(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X-Some: thing\r\n" * 4_000
    )


def trailer_value() -> Iterator[bytes]:
    return endless(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Long: ", b"x" * BLOCK
    )


def chunk_extension() -> Iterator[bytes]:
    return endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;", b"x" * BLOCK)


def tiny_chunks() -> Iterator[bytes]:
    return endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 10_000)


def refused_body() -> Iterator[bytes]:
    return endless(HEAD + b"Content-Length: 99999999999\r\n\r\n", b" " * BLOCK)


def queries() -> Iterator[bytes]:
    return endless(b"", post(QUERY) * 500)


def large_queries() -> Iterator[bytes]:
    return endless(b"", post(LARGE) * 200)


def small_gets() -> Iterator[bytes]:
    return endless(b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1_000)


def not_found() -> Iterator[bytes]:
    return endless(b"", b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1_000)


ENDLESS: list[Chunks] = [
    long_url,
    header_lines,
    empty_header_lines,
    header_value,
    header_name,
    empty_lines,
    trailers,
    trailer_value,
    chunk_extension,
    tiny_chunks,
    refused_body,
]
PIPELINES: list[Chunks] = [queries, large_queries, small_gets, not_found]


class Waiting:
    """Opens connections, sends the same start on each, and waits."""

    def __init__(self, start: bytes, connections: int) -> None:
        self.start = start
        self.connections = connections

    def __call__(self, port: int, seconds: float) -> None:
        end = time.monotonic() + seconds
        left: dict[socket.socket, bytes] = {}
        for _ in range(self.connections):
            one = socket.create_connection(("127.0.0.1", port))
            one.setblocking(False)
            left[one] = self.start
        while time.monotonic() < end:
            for one, rest in left.items():
                with suppress(OSError):  # it takes no more now, or has ended
                    left[one] = rest[one.send(rest) :] if rest else rest
            time.sleep(0.05)
        for one in left:
            one.close()


@pytest.mark.parametrize("chunks", ENDLESS, ids=lambda chunks: chunks.__name__)
def test_a_request_without_end(chunks: Chunks, server: Server) -> None:
    assert_harmless(server, Sending(chunks, reads=True))
    assert "Traceback" not in server.log.read_text("utf-8")


@pytest.mark.parametrize("reads", [True, False], ids=["read", "not read"])
@pytest.mark.parametrize("chunks", PIPELINES, ids=lambda chunks: chunks.__name__)
def test_pipelined_requests_without_end(chunks: Chunks, reads: bool, server: Server) -> None:
    assert_harmless(server, Sending(chunks, reads=reads))
    assert "Traceback" not in server.log.read_text("utf-8")


WAITING = {
    "silent connections": Waiting(b"", 800),
    "half a head": Waiting(HEAD, 800),
    "half a body": Waiting(HEAD + b"Content-Length: 262144\r\n\r\n" + b" " * 262_000, 800),
    "half a body in chunks": Waiting(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n3ff00\r\n" + b" " * 260_000, 800
    ),
    "large answers that are not read": Waiting(post(LARGE), 100),
}


@pytest.mark.parametrize("name", WAITING)
def test_many_connections_that_wait(name: str, server: Server) -> None:
    assert_harmless(server, WAITING[name], 4)
    assert "Traceback" not in server.log.read_text("utf-8")
