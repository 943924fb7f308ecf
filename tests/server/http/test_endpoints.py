"""What is beside GraphQL: the schema as text, and HEAD for all that GET serves."""

import httpx
import pytest

import schema
from tests.server.conftest import on_every_path

URLS = ["/", "/healthz", "/readyz", "/metrics", "/schema.graphql", "/graphql?query={__typename}"]


@pytest.mark.parametrize("url", URLS)
@on_every_path
async def test_head_is_get_without_a_body(client: httpx.AsyncClient, url: str) -> None:
    await client.get(url)  # the second response may be a cached one
    got, head = await client.get(url), await client.head(url)
    assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
    differing = ["date", "x-request-id"]
    if url in ("/metrics", "/readyz"):  # each has times
        differing.append("content-length")
    for answer in (got, head):
        for name in differing:
            answer.headers.pop(name, None)
    assert head.headers == got.headers


async def test_head_of_the_page(client: httpx.AsyncClient) -> None:
    headers = {"accept": "text/html"}
    got = await client.get("/graphql", headers=headers)
    head = await client.head("/graphql", headers=headers)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


async def test_the_schema_is_served_as_text_with_a_tag(client: httpx.AsyncClient) -> None:
    got = await client.get("/schema.graphql")
    assert got.text == schema.sdl(schema.build())
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    condition = {"if-none-match": got.headers["etag"]}
    same = await client.get("/schema.graphql", headers=condition)
    assert (same.status_code, same.content) == (304, b"")
