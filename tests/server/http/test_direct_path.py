"""Which requests take the direct path, and that both paths answer alike."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from tests.server.wire import QUERY, Answer, head, request

Serve = Callable[..., Any]

# Requests that the ASGI application answers as well: as HTTP/1.0, which never is direct.
EQUAL = {
    "a query": request(QUERY),
    "a query by GET": head(None, method="GET", path="/graphql?query={__typename}"),
    "a mutation": request(
        "mutation { deleteModel(input: {model: {id: 1}}) { userErrors { code } } }"
    ),
    "no JSON": head(1) + b"{",
    "no object": head(2) + b"[]",
    "no query": head(2) + b"{}",
    "no body": head(0),
    "nested too deeply": head(400) + b"[" * 200 + b"]" * 200,
    "no GraphQL": request("{"),
    "an unknown field": request("{ nope }"),
    "too many root fields": request("{" + "__typename " * 11 + "}"),
    "an error of a field": request("{ models(first: 0) { totalCount } }"),
    "a subscription": request("subscription { events { sequence } }"),
    "a missing variable": request("query($n: ID!) { node(id: $n) { id } }"),
    "no query by GET": head(None, method="GET"),
    "a mutation by GET": head(None, method="GET", path="/graphql?query=mutation{x}"),
    "the other media type": request("{ nope }", "Accept: application/graphql-response+json"),
}


def _comparable(answer: Answer) -> Answer:
    """Without what differs from request to request."""
    headers = {k: v for k, v in answer.headers.items() if k not in ("date", "connection")}
    identifier = headers.pop("x-request-id")
    for error in answer.body.get("errors", ()):
        assert error["extensions"].pop("requestId") == identifier
    return answer._replace(headers=headers)


@pytest.mark.parametrize("name", EQUAL)
async def test_both_paths_answer_alike(serve_bytes: Serve, name: str) -> None:
    direct = EQUAL[name]
    by_asgi = direct.replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    async with serve_bytes() as site:
        answers = [await (await site.connected()).ask(one) for one in (direct, direct, by_asgi)]
        assert site.asgi_count == 1
    first, second, third = map(_comparable, answers)
    assert first == second == third


async def test_heads_that_change_with_each_request_are_direct(serve_bytes: Serve) -> None:
    async with serve_bytes() as site:
        connection = await site.connected()
        for number in range(3):
            trace = f"Traceparent: 00-{number:032x}-{number:016x}-01"
            answer = await connection.ask(request(QUERY, trace, f"X-Request-Id: id-{number}"))
            assert answer.headers["x-request-id"] == f"id-{number}"
            assert answer.body == {"data": {"models": {"nodes": []}}}
    assert site.asgi_count == 0


DIRECT = {
    "a header twice": request(QUERY, "Accept: a/b", "Accept: application/json"),
    "another way to write the type": request(QUERY).replace(b"json\r", b"json; charset=UTF-8\r"),
    "a long head": request(QUERY, f"X-Long: {'x' * 5_000}"),
    "an unsafe request id": request(QUERY, "X-Request-Id: a b"),
    "a query string beside a body": request(QUERY).replace(b"/graphql", b"/graphql?a=b", 1),
}
BY_ASGI = {
    "another path": head(2, path="/other") + b"{}",
    "an escaped path": request(QUERY).replace(b"/graphql", b"/%67raphql", 1),
    "another method": head(2, method="PUT") + b"{}",
    "an older version": request(QUERY).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "chunks": b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "another type": b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
    "an event stream": request(QUERY, "Accept: text/event-stream"),
    "a page": head(None, "Accept: text/html", method="GET"),
    "a GET with a body": head(2, method="GET", path="/graphql?query={__typename}") + b"{}",
}


@pytest.mark.parametrize("name", DIRECT | BY_ASGI)
async def test_the_head_chooses_the_path(serve_bytes: Serve, name: str) -> None:
    async with serve_bytes() as site:
        for _ in range(2):
            await (await site.connected()).ask((DIRECT | BY_ASGI)[name])
    assert site.asgi_count == (2 if name in BY_ASGI else 0)


async def test_head_answers_as_get_without_a_body(serve_bytes: Serve) -> None:
    path = "/graphql?query={__typename}"
    async with serve_bytes() as site:
        connection = await site.connected()
        got = await connection.ask(head(None, method="GET", path=path))
        await connection.send(head(None, method="HEAD", path=path))
        first = (await connection.reader.readuntil(b"\r\n\r\n")).decode()
        assert f"content-length: {got.headers['content-length']}\r\n" in first
        assert await connection.ask(head(None, method="GET", path=path))  # no body was between
    assert site.asgi_count == 0


@pytest.mark.parametrize("version", ["1.1", "1.0"], ids=["direct", "asgi"])
async def test_a_cached_response_is_revalidated(serve_bytes: Serve, version: str) -> None:
    path = "/graphql?query={models{totalCount}}"
    async with serve_bytes(response_cache_bytes_max=1_000_000) as site:
        tags = []
        for _ in range(3):
            got = await (await site.connected()).ask(head(None, method="GET", path=path))
            tags.append(got.headers["etag"])
        assert tags[0] == tags[1] == tags[2]
        ask = head(None, f"If-None-Match: {tags[2]}", method="GET", path=path)
        connection = await site.connected()
        await connection.send(ask.replace(b"HTTP/1.1", f"HTTP/{version}".encode()))
        unchanged = (await connection.reader.readuntil(b"\r\n\r\n")).decode()
    assert unchanged.startswith("HTTP/1.1 304 ")
    assert f"etag: {tags[2]}\r\n" in unchanged


async def test_a_query_string_is_never_answered_from_a_body(serve_bytes: Serve) -> None:
    """Nor a body from a query string: their cache keys differ."""
    query = "query={models{totalCount}}"
    async with serve_bytes(response_cache_bytes_max=1_000_000) as site:
        connection = await site.connected()
        for _ in range(3):
            await connection.ask(head(None, method="GET", path=f"/graphql?{query}"))
        for body in (query, f"?{query}"):
            answer = await connection.ask(head(len(body)) + body.encode())
            assert answer.status == 400


async def test_a_body_that_is_too_large_is_refused(serve_bytes: Serve) -> None:
    async with serve_bytes(body_bytes_max=1_000) as site:
        for _ in range(2):
            connection = await site.connected()
            assert (await connection.ask(head(1_001) + b" " * 1_001)).status == 413
            assert await connection.is_closed()


async def test_a_client_that_closes_after_one_response_gets_it(serve_bytes: Serve) -> None:
    async with serve_bytes() as site:
        for _ in range(2):
            connection = await site.connected()
            answer = await connection.ask(request(QUERY, "Connection: close"))
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert await connection.is_closed()
    assert site.asgi_count == 0


@pytest.mark.parametrize("version", [b"1.1", b"1.0"], ids=["direct", "asgi"])
async def test_both_paths_write_the_same_line_to_the_log(
    serve_bytes: Serve, caplog: pytest.LogCaptureFixture, version: bytes
) -> None:
    ask = request("query Named { __typename }", "X-Request-Id: abc")
    async with serve_bytes() as site:
        with caplog.at_level(logging.INFO, "access"):
            await (await site.connected()).ask(ask.replace(b"1.1", version, 1))
    [line] = [record.__dict__["fields"] for record in caplog.records if record.name == "access"]
    assert line.pop("ms") >= 0
    expected = {"method": "POST", "path": "/graphql", "status": 200, "operation": "Named"}
    assert line == {**expected, "actor": "anonymous", "points": 1}
    assert json.dumps(line)
