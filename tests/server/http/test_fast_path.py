"""Which requests take the short way, and that it is no different from the other."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from tests.server.wire import QUERY, head, request

Serve = Callable[..., Any]


async def test_a_head_that_came_before_takes_the_short_way(serve_bytes: Serve) -> None:
    async with serve_bytes() as site:
        first, other = await site.connected(), await site.connected()
        answers = [await one.ask(request(QUERY)) for one in (first, first, other, first)]
    assert site.ordinary == 1
    told = [{k: v for k, v in a.headers.items() if k != "date"} for a in answers]
    assert len({headers.pop("x-request-id") for headers in told}) == 4
    assert all(headers == told[0] for headers in told)
    assert [(a.status, a.body) for a in answers] == [(200, {"data": {"models": {"nodes": []}}})] * 4


REFUSED = {
    "no JSON": b"{",
    "no object": b"[]",
    "no query": b"{}",
    "nested too deeply": b"[" * 200 + b"]" * 200,
    "no GraphQL": b'{"query": "{"}',
    "no such field": b'{"query": "{ nope }"}',
    "too wide": json.dumps({"query": "{" + "__typename " * 11 + "}"}).encode(),
    "an error of a field": b'{"query": "{ models(first: 0) { totalCount } }"}',
    "a subscription": b'{"query": "subscription { events { sequence } }"}',
    "a variable that is not sent": b'{"query": "query($n: ID!) { node(id: $n) { id } }"}',
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_refused_is_refused_in_the_same_way(serve_bytes: Serve, what: str) -> None:
    body = REFUSED[what]
    async with serve_bytes() as site:
        connection = await site.connected()
        answers = [await connection.ask(head(len(body)) + body) for _ in range(2)]
    assert site.ordinary == 1
    for answer in answers:
        [error] = answer.body["errors"]
        assert error["extensions"].pop("requestId") == answer.headers["x-request-id"]
        for varying in ("x-request-id", "date"):
            del answer.headers[varying]
    assert answers[0] == answers[1]


NOT_LEARNED = {
    "another path": head(2, path="/other") + b"{}",
    "a query in the path": head(2, path="/graphql?a=b") + b"{}",
    "another method": head(2, method="PUT") + b"{}",
    "an older version": request(QUERY, "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "a request id": request(QUERY, "X-Request-Id: abc"),
    "chunks": b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a header twice": request(QUERY, "Accept: a/b", "Accept: c/d"),
    "another type": b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    "a stream": request(QUERY, "Accept: text/event-stream"),
    "too long a head": request(QUERY, f"X-Long: {'x' * 5_000}"),
}


@pytest.mark.parametrize("what", NOT_LEARNED)
async def test_a_head_that_asks_for_more_goes_the_ordinary_way(
    serve_bytes: Serve, what: str
) -> None:
    async with serve_bytes() as site:
        for _ in range(2):
            await (await site.connected()).ask(NOT_LEARNED[what])
    assert site.ordinary == 2


async def test_a_body_that_is_too_long_is_refused_though_its_head_came_before(
    serve_bytes: Serve,
) -> None:
    async with serve_bytes(body_bytes_max=1_000) as site:
        for _ in range(2):
            connection = await site.connected()
            assert (await connection.ask(head(1_001) + b" " * 1_001)).status == 413
    assert site.ordinary == 2


async def test_a_connection_that_ends_with_its_answer_is_closed(serve_bytes: Serve) -> None:
    async with serve_bytes() as site:
        for _ in range(2):
            connection = await site.connected()
            assert (await connection.ask(request(QUERY, "Connection: close"))).status == 200
            assert await connection.is_closed()
    assert site.ordinary == 2


async def test_it_is_logged_like_any_other(
    serve_bytes: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve_bytes() as site:
        connection = await site.connected()
        with caplog.at_level(logging.INFO, "access"):
            for _ in range(2):
                await connection.ask(request("query Named { __typename }"))
    lines = [record.__dict__["fields"] for record in caplog.records if record.name == "access"]
    assert [line.pop("ms") >= 0 for line in lines] == [True, True]
    wanted = {"method": "POST", "path": "/graphql", "status": 200, "operation": "Named"}
    assert lines == [wanted, wanted]
