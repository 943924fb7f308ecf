"""Requests of equal bytes and other meaning never share a response."""

import asyncio
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from db.postgres.engine import Database
from tests import factories
from tests.server.wire import QUERY, Connection, head, held, request, waiting

Serve = Callable[..., Any]
DOCUMENT = "query($n:String!){model(by:{name:$n}){name}}"
# A JSON body that asks for "a", and a query string that asks for "b".
BOTH = (
    f'{{"query":"{DOCUMENT}","variables":{{"n":"a"}},"x":"'
    f'&query={DOCUMENT}&variables=%7B%22n%22:%22b%22%7D&y="}}'
).encode()
POST = head(len(BOTH)) + BOTH
GET = head(None, method="GET", path="/graphql?" + BOTH.decode())


def _data(name: str) -> dict[str, Any]:
    return {"data": {"model": {"name": name}}}


@pytest.mark.parametrize("cache_bytes", [0, 1_000_000], ids=["not cached", "cached"])
async def test_a_body_and_a_query_string_of_equal_bytes(
    serve_bytes: Serve, db: Database, cache_bytes: int
) -> None:
    for name in "ab":
        await factories.model(db, name=name)
    async with serve_bytes(response_cache_bytes_max=cache_bytes) as site:
        connection = await site.connected()
        for _ in range(4):
            assert (await connection.ask(POST)).body == _data("a")
            assert (await connection.ask(GET)).body == _data("b")


async def test_they_share_no_batch(serve_bytes: Serve, db: Database, database_url: str) -> None:
    for name in "ab":
        await factories.model(db, name=name)
    async with serve_bytes() as site:
        connections: list[Connection] = [await site.connected() for _ in range(6)]
        with held(database_url):
            for connection, sent in zip(connections, [POST, GET] * 3, strict=True):
                await connection.send(sent)
            await waiting(database_url, 1, or_more=True)
        answers = await asyncio.gather(*(each.answer() for each in connections))
    assert [answer.body for answer in answers] == [_data("a"), _data("b")] * 3


@pytest.mark.parametrize("body", [b"query={models{totalCount}}", b"?query={models{totalCount}}"])
async def test_a_body_that_is_a_query_string_is_refused(serve_bytes: Serve, body: bytes) -> None:
    path = "/graphql?query={models{totalCount}}"
    async with serve_bytes(response_cache_bytes_max=1_000_000) as site:
        connection = await site.connected()
        for _ in range(3):
            assert (await connection.ask(head(None, method="GET", path=path))).status == 200
            assert (await connection.ask(head(len(body)) + body)).status == 400


# Each way to ask, and what is special about its response.
WAYS = {
    "json": (request(QUERY, "Accept: application/json"), "application/json; charset=utf-8"),
    "the newer type": (
        request(QUERY, "Accept: application/graphql-response+json"),
        "application/graphql-response+json; charset=utf-8",
    ),
    "get": (
        head(None, method="GET", path="/graphql?query={models{totalCount}}"),
        "application/json; charset=utf-8",
    ),
}


@pytest.mark.parametrize("order", list(permutations(WAYS)))
async def test_each_way_to_ask_gets_its_own_kind_of_response(
    serve_bytes: Serve, order: tuple[str, ...]
) -> None:
    async with serve_bytes(response_cache_bytes_max=1_000_000) as site:
        connection = await site.connected()
        for name in order * 3:
            sent, media = WAYS[name]
            answer = await connection.ask(sent)
            assert answer.headers["content-type"] == media
            expected = {"totalCount": 0} if name == "get" else {"nodes": []}
            assert answer.body == {"data": {"models": expected}}
            await connection.send(WAYS["get"][0].replace(b"GET", b"HEAD", 1))
            told = await connection.reader.readuntil(b"\r\n\r\n")
            assert told.startswith(b"HTTP/1.1 200 ")
