"""Content codings, as a client on the wire sees them."""

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from backports import zstd

from db.postgres.engine import Database
from server.execution.representations import CODED_BYTES_MIN
from tests import factories
from tests.server.conftest import Serving, on_every_path

pytestmark = on_every_path

LARGE = {"query": "{ models { nodes { id name description } } }"}
SMALL = {"query": "{ models { totalCount } }"}
PLAIN = {"accept-encoding": "identity"}
DECODE = {"": bytes, "gzip": gzip.decompress, "zstd": zstd.decompress}


@pytest.fixture
async def full(serve: Serving, db: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A registry in which LARGE has 20 KB."""
    for number in range(10):
        await factories.model(db, name=f"m{number}", description="a model of ours, " * 120)
    async with serve() as client:
        yield client


async def _raw(
    client: httpx.AsyncClient, method: str = "GET", query: dict[str, Any] = LARGE, **headers: str
) -> httpx.Response:
    """The response, with the bytes that were sent as its content."""
    given = {"params": query} if method != "POST" else {"json": query}
    request = client.build_request(method, "/graphql", headers=headers, **given)  # type: ignore[arg-type]  # either is a mapping
    response = await client.send(request, stream=True)
    response._content = b"".join([part async for part in response.aiter_raw()])
    await response.aclose()
    return response


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        ("gzip", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip;q=0.8", "gzip"),
        ("GZIP;Q=0.1", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "zstd"),
        ("*;q=0.5, zstd;q=0", "gzip"),
        ("identity;q=0.5, gzip;q=0.2", ""),
        ("gzip;q=0", ""),
        ("*;q=0", ""),
        ("br", ""),
        ("identity", ""),
        ("gzip;q=nonsense", ""),
        ("gzip;q=nan, zstd;q=2", ""),
        ("", ""),
    ],
)
async def test_the_coding_is_the_one_that_the_client_wants(
    full: httpx.AsyncClient, accept_encoding: str, coding: str
) -> None:
    plain = await _raw(full, **PLAIN)
    assert "content-encoding" not in plain.headers
    for method in ("GET", "POST"):
        for _ in range(3):
            answer = await _raw(full, method, **{"accept-encoding": accept_encoding})
            assert answer.headers.get("content-encoding", "") == coding
            assert (
                answer.headers["vary"]
                == "accept, accept-encoding, authorization, registry-revision"
            )
            assert int(answer.headers["content-length"]) == len(answer.content)
            assert DECODE[coding](answer.content) == plain.content
            assert not coding or len(answer.content) < len(plain.content) / 5


async def test_each_coding_has_a_tag_of_its_own(full: httpx.AsyncClient) -> None:
    tags = {}
    for coding in ("identity", "gzip", "zstd"):
        got = await _raw(full, **{"accept-encoding": coding})
        told = await _raw(full, "HEAD", **{"accept-encoding": coding})
        assert told.content == b""
        for name in ("etag", "content-length", "content-encoding", "content-type"):
            assert told.headers.get(name) == got.headers.get(name)
        tags[coding] = got.headers["etag"]
    assert len(set(tags.values())) == 3
    for coding in tags:
        for held, tag in tags.items():
            headers = {"accept-encoding": coding, "if-none-match": tag}
            again = await _raw(full, **headers)
            assert again.status_code == (304 if held == coding else 200)
            if held == coding:
                assert (again.headers["etag"], again.content) == (tag, b"")
                assert "content-encoding" not in again.headers


async def test_a_write_elsewhere_changes_no_tag_of_a_coding(serve: Serving, db: Database) -> None:
    await factories.model(db, name="a", description="text " * 2_000)
    query = {"query": '{ model(by: {name: "a"}) { description } }'}
    async with serve() as client:
        first = await _raw(client, query=query, **{"accept-encoding": "zstd"})
        await factories.model(db, name="b")
        headers = {"accept-encoding": "zstd", "if-none-match": first.headers["etag"]}
        assert (await _raw(client, query=query, **headers)).status_code == 304


async def test_small_bodies_and_errors_are_not_compressed(full: httpx.AsyncClient) -> None:
    for query in (SMALL, {"query": "{ nope }"}, {"query": "{"}):
        for method in ("GET", "POST"):
            answer = await _raw(full, method, query, **{"accept-encoding": "gzip, zstd"})
            assert len(answer.content) < CODED_BYTES_MIN
            assert "content-encoding" not in answer.headers
            assert json.loads(answer.content)


async def test_a_client_that_refuses_identity_gets_a_small_body_compressed(
    full: httpx.AsyncClient,
) -> None:
    for encodings in ("gzip, identity;q=0", "gzip, *;q=0"):
        answer = await _raw(full, query=SMALL, **{"accept-encoding": encodings})
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(answer.content) == b'{"data":{"models":{"totalCount":10}}}'


async def test_a_body_of_the_least_size_is_compressed(serve: Serving, db: Database) -> None:
    query = {"query": '{ model(by: {name: "a"}) { description } }'}
    rest = len(b'{"data":{"model":{"description":""}}}')
    size = CODED_BYTES_MIN - rest
    await factories.model(db, name="a", description="x" * size)
    async with serve() as client:
        exact = await _raw(client, query=query, **{"accept-encoding": "gzip"})
        assert exact.headers["content-encoding"] == "gzip"
        assert len(gzip.decompress(exact.content)) == CODED_BYTES_MIN
    other = {"query": '{ model(by: {name: "b"}) { description } }'}
    await factories.model(db, name="b", description="x" * (size - 1))
    async with serve() as client:
        below = await _raw(client, query=other, **{"accept-encoding": "gzip"})
        assert "content-encoding" not in below.headers


async def test_an_event_stream_is_never_compressed(full: httpx.AsyncClient) -> None:
    headers = {"accept": "text/event-stream", "accept-encoding": "gzip, zstd"}
    for method in ("GET", "POST"):
        for _ in range(2):
            answer = await _raw(full, method, **headers)
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert "content-encoding" not in answer.headers
            assert answer.content.startswith(b"event: next\ndata: {")


async def test_mutations_are_compressed_like_queries(serve: Serving, db: Database) -> None:
    model = await factories.model(db, name="a")
    fields = "model { description } userErrors { message }"
    document = f"mutation($i: UpdateModelInput!) {{ updateModel(input: $i) {{ {fields} }} }}"
    given = {"i": {"model": {"id": model.node_id}, "description": "long " * 1_000 + "text"}}
    query: dict[str, Any] = {"query": document, "variables": given}
    async with serve() as client:
        answer = await _raw(client, "POST", query, **{"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "etag" not in answer.headers
    model_json = json.loads(gzip.decompress(answer.content))["data"]["updateModel"]["model"]
    assert model_json == {"description": given["i"]["description"]}
