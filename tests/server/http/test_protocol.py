"""Connections on the direct path: partial and pipelined requests, timeouts, early ends."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlmodel import select
from starlette.types import Receive, Scope, Send

from db.postgres.engine import Database
from db.tables import Model
from server.http.protocol import Protocol
from tests.server.conftest import running
from tests.server.wire import CREATE, QUERY, WAIT_S, head, held, left_behind, request, waiting

Serve = Callable[..., Any]


async def test_a_request_may_come_in_parts(serve_bytes: Serve) -> None:
    """Head and body in separate segments, as most clients send them, or cut anywhere."""
    whole = request(QUERY)
    end = whole.index(b"\r\n\r\n") + 4
    cuts = [(whole,), (whole[:end], whole[end:]), (whole[: end + 5], whole[end + 5 :])]
    cuts += [(whole[: end - 5], whole[end - 5 :]), (whole[:end], whole[end:-5], whole[-5:])]
    async with serve_bytes() as site:
        connection = await site.connected()
        for parts in cuts * 2:
            assert (await connection.ask(*parts)).status == 200
    assert site.asgi_count == 0


async def test_pipelined_requests_are_answered_in_order(
    serve_bytes: Serve, db: Database, database_url: str
) -> None:
    ask = [request(f"{{ a{n}: __typename models {{ totalCount }} }}") for n in "123"]
    async with serve_bytes() as site:
        connection = await site.connected()
        await connection.ask(ask[0])
        with held(database_url):
            await connection.send(ask[0])
            await waiting(database_url, 1)
            await connection.send(ask[1], ask[2] + ask[0])  # all while the first is worked on
        answers = [await connection.answer() for _ in range(4)]
        await connection.send(ask[1] + ask[2])  # and at once
        answers += [await connection.answer() for _ in range(2)]
    told = [next(iter(answer.body["data"])) for answer in answers]
    assert told == ["a1", "a2", "a3", "a1", "a2", "a3"]


async def test_an_operation_that_takes_too_long_ends_and_the_connection_goes_on(
    serve_bytes: Serve, database_url: str
) -> None:
    async with serve_bytes(operation_timeout_ms=300) as site:
        connection = await site.connected()
        await connection.ask(request(QUERY))
        with held(database_url):
            answer = await connection.ask(request(QUERY))
            await waiting(database_url, 0)
        assert answer.body["errors"][0]["extensions"]["code"] == "TIMEOUT"
        assert answer.body["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]
        assert "errors" not in (await connection.ask(request(QUERY))).body
    assert site.asgi_count == 0


async def test_a_mutation_that_takes_too_long_leaves_nothing(
    serve_bytes: Serve, db: Database, database_url: str
) -> None:
    async with serve_bytes(operation_timeout_ms=300) as site:
        connection = await site.connected()
        await connection.ask(head(2) + b"{}")
        body = json.dumps({"query": CREATE}).encode()
        await connection.ask(head(len(body)) + body.replace(b"CHAT", b"CHAX"))
        with held(database_url):
            answer = await connection.ask(head(len(body)) + body)
        assert answer.body["errors"][0]["extensions"]["code"] == "TIMEOUT"
        assert await _names(db) == []
        assert "errors" not in (await connection.ask(head(len(body)) + body)).body
    assert await _names(db) == ["a"]
    assert site.asgi_count == 0


async def test_the_query_of_a_client_that_has_gone_is_cancelled(
    serve_bytes: Serve, database_url: str
) -> None:
    async with serve_bytes() as site:
        for _ in range(2):
            connection = await site.connected()
            await connection.ask(request(QUERY))
            with held(database_url):
                await connection.send(request(QUERY))
                await waiting(database_url, 1)
                connection.writer.close()
                await waiting(database_url, 0)
    assert site.asgi_count == 0


async def test_the_mutation_of_a_client_that_has_gone_is_completed(
    serve_bytes: Serve, db: Database, database_url: str
) -> None:
    async with serve_bytes() as site:
        with held(database_url):
            await left_behind(site, database_url)
            await asyncio.sleep(0.2)
        async with asyncio.timeout(WAIT_S):
            while not await _names(db):  # noqa: ASYNC110  # the client is gone: nothing else tells
                await asyncio.sleep(0.02)
    assert site.asgi_count == 0


async def _names(db: Database) -> list[str]:
    async with db.write("tests") as session:
        return [model.name for model in await session.exec(select(Model))]


async def test_more_at_once_than_allowed_are_refused(serve_bytes: Serve, database_url: str) -> None:
    async with serve_bytes(concurrency_max=1) as site:
        first, second = await site.connected(), await site.connected()
        await first.ask(request(QUERY))
        with held(database_url):
            await first.send(request(QUERY))
            await waiting(database_url, 1)
            refused = await second.ask(request(QUERY))
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert (await first.answer()).status == 200
        assert (await second.ask(request(QUERY))).status == 200
    assert site.asgi_count == 0


async def test_a_connection_is_closed_when_it_is_idle_for_too_long_and_not_before(
    serve_bytes: Serve, database_url: str
) -> None:
    async with serve_bytes(keep_alive_s=2) as site:
        connection = await site.connected()
        await connection.ask(request(QUERY))
        for _ in range(2):  # with a request of the ASGI application between
            await connection.ask(request(QUERY))
            await asyncio.sleep(0.7)
            await connection.ask(request(QUERY, "Accept: text/event-stream"))
            await asyncio.sleep(0.7)
        await connection.ask(request(QUERY))
        with held(database_url):
            await connection.send(request(QUERY))
            await asyncio.sleep(2.5)  # it is not idle
        assert (await connection.answer()).status == 200
        assert await connection.is_closed()


async def test_a_slow_body_is_awaited(serve_bytes: Serve) -> None:
    whole = request(QUERY)
    async with serve_bytes(keep_alive_s=1) as site:
        connection = await site.connected()
        await connection.ask(whole)
        await connection.send(whole[:-3])
        await asyncio.sleep(1.5)
        assert (await connection.ask(whole[-3:])).status == 200
        assert (await connection.ask(whole)).status == 200
    assert site.asgi_count == 0


@pytest.mark.parametrize("is_whole", [True, False], ids=["a whole request", "half a request"])
async def test_started_requests_are_answered_when_the_server_stops(
    serve_bytes: Serve, database_url: str, is_whole: bool
) -> None:
    whole = request(QUERY)
    cut = len(whole) if is_whole else len(whole) - 3
    with psycopg.connect(database_url) as blocker:
        async with serve_bytes() as site:
            connection = await site.connected()
            await connection.ask(whole)
            blocker.execute("LOCK TABLE models")
            await connection.send(whole[:cut])
            asyncio.get_running_loop().call_later(0.3, blocker.rollback)
            answering = asyncio.ensure_future(connection.ask(whole[cut:]))
    answer = await answering
    assert (answer.status, answer.headers["connection"]) == (200, "close")


async def test_other_applications_are_served_as_by_uvicorn() -> None:
    """Without a pipeline in the state of the lifespan."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    async with running(application, http=Protocol) as client:
        assert [(await client.post("/graphql", json={})).json() for _ in range(2)] == [{}, {}]
