"""Heads beyond their limits, malformed ones, and offers to change the protocol."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.server.wire import QUERY, Answer, Connection, head, held, request, waiting

Serve = Callable[..., Any]
GET = b"GET /graphql?query={__typename} HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = (
    b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
LINES_MAX, BYTES_MAX = 20, 2_048
SMALL = {"head_lines_max": LINES_MAX, "head_bytes_max": BYTES_MAX}
BODY = b'{"query":"{__typename}"}'

REFUSED = {
    "lines": (431, GET + b"X: y\r\n" * LINES_MAX + b"\r\n"),
    "many lines without end": (431, GET + b"X: y\r\n" * 500),
    "a long line": (431, GET + b"X: " + b"y" * BYTES_MAX + b"\r\n\r\n"),
    "a long line without end": (431, GET + b"X: " + b"y" * 9_000),
    "a long name without end": (431, GET + b"X" * 9_000),
    "empty lines": (431, b"\r\n" * 9_000),
    "a URL": (414, b"GET /graphql?query=" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "a URL without end": (414, b"GET /graphql?query=" + b"x" * 9_000),
    "another path": (414, b"GET /" + b"x" * 9_000),
    "trailers": (431, CHUNKED + b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 1_000),
    "a trailer without end": (431, CHUNKED + b"2\r\n{}\r\n0\r\nX: " + b"y" * 9_000),
    "an extension without end": (431, CHUNKED + b"2;" + b"y" * 9_000),
    "no HTTP": (400, b"garbage\r\n\r\n"),
    "a URL that is none": (400, b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "bytes that are not ASCII": (400, b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "CONNECT": (405, b"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "two lengths": (400, head(2, "Content-Length: 3") + b"{}"),
    "no host": (400, b"GET /healthz HTTP/1.1\r\n\r\n"),
    "another host": (421, b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
}


def _assert_error(answer: Answer, status: int) -> None:
    assert answer.status == status, answer
    [error] = answer.body["errors"]
    code = {414: "LIMIT_EXCEEDED", 431: "LIMIT_EXCEEDED", 408: "TIMEOUT"}.get(status)
    assert error["extensions"]["code"] == (code or "BAD_USER_INPUT")
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("is_split", [False, True], ids=["at once", "in parts"])
@pytest.mark.parametrize("name", REFUSED)
async def test_a_refused_head_gets_json_and_the_connection_ends(
    serve_bytes: Serve, name: str, is_split: bool
) -> None:
    status, sent = REFUSED[name]
    parts = [sent[: len(sent) // 2], sent[len(sent) // 2 :]] if is_split else [sent]
    async with serve_bytes(**SMALL) as site:
        connection = await site.connected()
        await connection.send(*parts)
        _assert_error(await connection.answer(), status)
        if name != "another host":
            assert await connection.is_closed()
        assert (await (await site.connected()).ask(request(QUERY))).status == 200


@pytest.mark.parametrize("name", ["lines", "a URL without end", "no HTTP", "CONNECT"])
async def test_a_refusal_comes_after_the_responses_to_earlier_requests(
    serve_bytes: Serve, name: str, database_url: str
) -> None:
    status, sent = REFUSED[name]
    async with serve_bytes(**SMALL) as site:
        connection = await site.connected()
        with held(database_url):
            await connection.send(request(QUERY) + GET + b"\r\n" + sent)
            await waiting(database_url, 1)
        assert (await connection.answer()).status == 200
        assert (await connection.answer()).body == {"data": {"__typename": "Query"}}
        _assert_error(await connection.answer(), status)
        assert await connection.is_closed()


async def test_heads_up_to_the_limits_are_answered(serve_bytes: Serve) -> None:
    lines = b"X: y\r\n" * (LINES_MAX - 1)
    long = b"X: " + b"y" * (BYTES_MAX - len(GET) - 20) + b"\r\n"
    async with serve_bytes(**SMALL) as site:
        connection = await site.connected()
        for more in (lines, long):
            for _ in range(2):
                sent = GET + more + b"\r\n"
                assert (await connection.ask(sent, sent[:500])).status == 200
                await connection.send(sent[500:])
                assert (await connection.answer()).status == 200


async def test_large_bodies_and_many_requests_do_not_count_as_heads(serve_bytes: Serve) -> None:
    large = head(9_000) + BODY + b" " * (9_000 - len(BODY))
    chunked = CHUNKED + b"18\r\n" + BODY + b"\r\n0\r\n\r\n"
    async with serve_bytes(**SMALL) as site:
        connection = await site.connected()
        for sent in (large, large + request(QUERY), chunked * 60, (GET + b"\r\n") * 300):
            await connection.send(sent)
            count = sent.count(b" HTTP/1.1")
            assert {(await connection.answer()).status for _ in range(count)} == {200}


async def test_half_a_head_is_408_and_a_silent_connection_ends(serve_bytes: Serve) -> None:
    async with serve_bytes(keep_alive_s=1, head_timeout_s=2) as site:
        silent, half, slow = [await site.connected() for _ in range(3)]
        await half.send(GET)
        dripping = asyncio.create_task(_drip(slow))
        assert await silent.is_closed()
        _assert_error(await half.answer(), 408)
        assert await half.is_closed()
        _assert_error(await slow.answer(), 408)
        dripping.cancel()


async def test_a_head_has_its_time_however_long_the_connection_was_idle(
    serve_bytes: Serve,
) -> None:
    async with serve_bytes(head_timeout_s=1, operation_timeout_ms=200) as site:
        connection = await site.connected()
        await connection.ask(GET + b"\r\n")
        await asyncio.sleep(1.2)
        await connection.send(GET)
        await asyncio.sleep(0.4)  # timeouts are checked meanwhile
        assert (await connection.ask(b"\r\n")).status == 200


async def _drip(connection: Connection) -> None:
    for byte in GET * 100:
        connection.writer.write(bytes([byte]))
        await asyncio.sleep(0.05)


OFFERS = {
    "h2c": ["Connection: Upgrade", "Upgrade: h2c"],
    "h2c and more": ["Connection: keep-alive, Upgrade, HTTP2-Settings", "Upgrade: h2c, foo"],
    "TLS": ["Upgrade: TLS/1.0", "Connection: upgrade"],
}


@pytest.mark.parametrize("is_split", [False, True], ids=["at once", "in parts"])
@pytest.mark.parametrize("name", OFFERS)
async def test_an_offer_to_change_the_protocol_is_ignored(
    serve_bytes: Serve, name: str, is_split: bool
) -> None:
    """The body belongs to its request, also when it looks like another one."""
    body = b'{"query":"{__typename}", "extensions": {"x": "' + GET.replace(b"\r\n", b"  ") + b'"}}'
    post = head(len(body), *OFFERS[name]) + body
    got = head(None, *OFFERS[name], method="GET", path="/graphql?query={a:__typename}")
    chunked = CHUNKED[:-2] + "\r\n".join([*OFFERS[name], "", ""]).encode()
    chunked += b"18\r\n" + BODY + b"\r\n0\r\n\r\n"
    async with serve_bytes() as site:
        connection = await site.connected()
        sent = post + got + chunked + request("{b: __typename}")
        cuts = range(0, len(sent), 97) if is_split else [0]
        for start in cuts:
            await connection.send(sent[start : start + 97] if is_split else sent)
        told = [(await connection.answer()).body["data"] for _ in range(4)]
    assert told == [
        {"__typename": "Query"},
        {"a": "Query"},
        {"__typename": "Query"},
        {"b": "Query"},
    ]


async def test_what_follows_the_last_response_is_not_executed(serve_bytes: Serve) -> None:
    create = 'mutation { createModel(input: {name: "a", task: CHAT}) { userErrors { code } } }'
    async with serve_bytes() as site:
        connection = await site.connected()
        last = request("{__typename}", "Connection: close")
        assert (await connection.ask(last + request(create))).status == 200
        assert await connection.is_closed()
        count = request("{ models { totalCount } }")
        answer = await (await site.connected()).ask(count)
    assert answer.body == {"data": {"models": {"totalCount": 0}}}
