"""Automatic persisted queries, which Apollo's clients try first: refused so that they go on."""

import json
from typing import Any

import httpx
import pytest

from tests.server.conftest import on_every_path

pytestmark = on_every_path

HASH = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
ACCEPTS = ["*/*", "application/json", "application/graphql-response+json,application/json;q=0.9"]


async def sent(
    client: httpx.AsyncClient, method: str, payload: dict[str, Any], accept: str
) -> httpx.Response:
    """The response to a payload in the body, or in the query string."""
    headers = {"accept": accept}
    if method == "POST":
        return await client.post("/graphql", json=payload, headers=headers)
    params = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in payload.items()
    }
    return await client.get("/graphql", params=params, headers=headers)


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("payload", [{}, {"query": ""}, {"variables": {}, "operationName": "A"}])
async def test_a_hash_alone_is_refused_as_apollo_server_does(
    client: httpx.AsyncClient, method: str, accept: str, payload: dict[str, Any]
) -> None:
    answer = await sent(client, method, {**payload, "extensions": HASH}, accept)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    [error] = answer.json()["errors"]
    assert error["message"] == "PersistedQueryNotSupported"
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_SUPPORTED"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_document_with_its_hash_is_executed(client: httpx.AsyncClient, method: str) -> None:
    payload = {"query": "{ __typename }", "extensions": HASH}
    answer = await sent(client, method, payload, "*/*")
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("extensions", [{}, {"persistedQuery": None}, {"other": 1}])
async def test_other_extensions_make_no_document(
    client: httpx.AsyncClient, extensions: dict[str, Any]
) -> None:
    answer = await sent(client, "POST", {"extensions": extensions}, "*/*")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
