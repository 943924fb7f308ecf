"""Trusted documents over every transport: by their names, by their hashes, and nothing else."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.conftest import Serving, on_every_path
from tests.server.http.test_sse import events_in
from tests.server.sockets import greeted

pytestmark = on_every_path

COUNT = "query Count($n: Int = 1) { models(first: $n) { totalCount } }\n"
CREATE = 'mutation Create { createModel(input: {name: "a", task: CHAT}) { model { name } } }'
LIVE = 'subscription { registryChanged(after: "ZXZlbnQ6MA") { model { name } } }'
DIGEST = sha256(COUNT.encode()).hexdigest()
ZERO = {"data": {"models": {"totalCount": 0}}}
UNKNOWN = "0" * 64
STREAM = {"accept": "text/event-stream"}


def apollo(digest: Any = DIGEST) -> dict[str, Any]:
    """The parameters of a request by Apollo's hash."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}


BY_ID: dict[str, dict[str, Any]] = {
    "own name": {"documentId": "count"},
    "hash": {"documentId": f"sha256:{DIGEST}"},
    "Apollo's hash": apollo(),
    "Apollo's hash and an empty query": {"query": "", **apollo()},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a query, and in folders below it a mutation and a subscription."""
    (tmp_path / "more").mkdir()
    (tmp_path / "count.graphql").write_text(COUNT)
    (tmp_path / "more" / "create.graphql").write_text(CREATE)
    (tmp_path / "more" / "live.graphql").write_text(LIVE)
    return tmp_path


@pytest.fixture
async def client(serve: Serving, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server with trusted documents, which executes others too."""
    async with serve(documents=folder) as connected:
        yield connected


@pytest.fixture
async def strict(serve: Serving, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that executes trusted documents only."""
    async with serve(documents=folder, documents_only=True) as connected:
        yield connected


def in_query(payload: dict[str, Any]) -> dict[str, str]:
    """The parameters as those of a URL."""
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in payload.items()}


async def answers(client: httpx.AsyncClient, payload: dict[str, Any]) -> list[Any]:
    """What every transport answers."""
    params = in_query(payload)
    got = await client.get("/graphql", params=params)
    head = await client.head("/graphql", params=params)
    assert (head.status_code, head.content) == (got.status_code, b"")
    posted = await client.post("/graphql", json=payload)
    assert posted.status_code == got.status_code
    found = [got.json(), posted.json()]
    for streamed in (
        await client.get("/graphql", params=params, headers=STREAM),
        await client.post("/graphql", json=payload, headers=STREAM),
    ):
        found.append(events_in(streamed.text)[0][1])
    async with greeted(client) as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": payload})
        message = await socket.receive()
        result = message["payload"]
        found.append(result if message["type"] == "next" else {"errors": result})
    return found


def code_in(answer: Any) -> str:
    [error] = answer["errors"]
    return str(error["extensions"]["code"])


@pytest.mark.parametrize("name", BY_ID)
async def test_a_document_is_named_over_every_transport(
    client: httpx.AsyncClient, name: str
) -> None:
    payload = {**BY_ID[name], "variables": {"n": 5}, "operationName": "Count"}
    assert await answers(client, payload) == [ZERO] * 5
    refused = await client.post("/graphql", json={**payload, "variables": {"n": "x"}})
    assert code_in(refused.json()) == "BAD_USER_INPUT"
    other = await client.post("/graphql", json={**payload, "operationName": "Other"})
    assert other.status_code == 400


@pytest.mark.parametrize(
    ("payload", "status", "message"),
    [
        ({"documentId": "Count"}, 400, "PersistedQueryNotFound: no trusted"),
        ({"documentId": f"sha256:{UNKNOWN}"}, 400, "PersistedQueryNotFound: no trusted"),
        ({"documentId": "x" * 5_000}, 400, "PersistedQueryNotFound: no trusted"),
        (apollo(UNKNOWN), 200, "PersistedQueryNotFound"),
        (apollo(DIGEST.upper()), 200, "PersistedQueryNotFound"),
    ],
)
async def test_an_unknown_id_is_not_found(
    client: httpx.AsyncClient, payload: dict[str, Any], status: int, message: str
) -> None:
    for answer in await answers(client, payload):
        assert code_in(answer) == "PERSISTED_QUERY_NOT_FOUND"
        assert answer["errors"][0]["message"].startswith(message)
    answer = await client.post("/graphql", json=payload)
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "payload",
    [
        {"documentId": "count", "query": COUNT},
        {"documentId": "count", "query": []},
        {"documentId": "count", **apollo()},
        {"documentId": ""},
        {"documentId": 1},
        {"documentId": ["count"]},
        apollo(None),
        apollo(["x"]),
        {"extensions": {"persistedQuery": 1}},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": DIGEST}}},
        {"documentId": "count", "variables": []},
        {"documentId": "count", "extensions": 1},
        {"documentId": None},
    ],
)
async def test_a_malformed_request_is_refused(
    client: httpx.AsyncClient, payload: dict[str, Any]
) -> None:
    answer = await client.post("/graphql", json=payload)
    assert (answer.status_code, code_in(answer.json())) == (400, "BAD_USER_INPUT")


async def test_no_request_registers_a_document(client: httpx.AsyncClient) -> None:
    text = "{ __typename }"
    digest = sha256(text.encode()).hexdigest()
    answer = await client.post("/graphql", json={"query": text, **apollo(digest)})
    assert answer.json() == {"data": {"__typename": "Query"}}
    for payload in (apollo(digest), {"documentId": f"sha256:{digest}"}):
        answer = await client.post("/graphql", json=payload)
        assert code_in(answer.json()) == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_mutation_needs_a_post_and_a_subscription_a_stream(
    client: httpx.AsyncClient,
) -> None:
    got = await client.get("/graphql", params={"documentId": "create"})
    assert (got.status_code, got.headers["allow"]) == (405, "POST")
    posted = await client.post("/graphql", json={"documentId": "create"})
    assert posted.status_code == 200  # the second of two equal ones has user errors
    live = await client.post("/graphql", json={"documentId": "live"})
    assert live.status_code == 406
    async with greeted(client) as socket:
        payload = {"documentId": "live"}
        await socket.send({"id": "1", "type": "subscribe", "payload": payload})
        assert await socket.data("1") == {"registryChanged": {"model": {"name": "a"}}}


async def test_an_id_and_an_equal_text_are_different_requests(serve: Serving, folder: Path) -> None:
    """Also where the id of one document is the text of another."""
    (folder / "{__typename}.graphql").write_text("{ service { version } }")
    async with serve(documents=folder) as client:
        for _ in range(3):  # the third response comes from the cache, where there is one
            for method in ("GET", "POST"):
                for name, root in (("query", "__typename"), ("documentId", "service")):
                    payload = {name: "{__typename}"}
                    answer = await (
                        client.get("/graphql", params=payload)
                        if method == "GET"
                        else client.post("/graphql", json=payload)
                    )
                    assert list(answer.json()["data"]) == [root]


async def test_a_cached_response_by_id_follows_a_write_and_has_an_etag(
    client: httpx.AsyncClient,
) -> None:
    payload = {"documentId": "count"}
    for _ in range(3):
        before = await client.get("/graphql", params=payload)
    await client.post("/graphql", json={"documentId": "create"})
    after = await client.get("/graphql", params=payload)
    assert (before.json(), after.json()) == (ZERO, {"data": {"models": {"totalCount": 1}}})
    headers = {"if-none-match": after.headers["etag"]}
    again = await client.get("/graphql", params=payload, headers=headers)
    assert again.status_code == 304


async def test_only_trusted_documents_are_executed(strict: httpx.AsyncClient) -> None:
    for text in (
        "{ __typename }",
        COUNT.strip(),
        "{ __schema { types { name } } }",
        "{",
        CREATE + " ",
    ):
        for answer in await answers(strict, {"query": text, **apollo()}):
            assert code_in(answer) == "DOCUMENT_NOT_TRUSTED"
        refused = await strict.post("/graphql", json={"query": text})
        assert refused.status_code == 403
    for payload in (*BY_ID.values(), {"query": COUNT}):
        assert await answers(strict, payload) == [ZERO] * 5
    unknown = await strict.post("/graphql", json={"documentId": "x"})
    assert code_in(unknown.json()) == "PERSISTED_QUERY_NOT_FOUND"


async def test_without_documents_an_id_is_not_supported(serve: Serving) -> None:
    async with serve() as client:
        for answer in await answers(client, {"documentId": "count"}):
            assert code_in(answer) == "PERSISTED_QUERY_NOT_SUPPORTED"
        answer = await client.post("/graphql", json={"documentId": "count"})
        assert answer.status_code == 400
        assert "send `query`" in answer.json()["errors"][0]["message"]


async def test_a_browser_that_opens_a_document_gets_its_result(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/graphql", params={"documentId": "count"}, headers={"accept": "text/html,*/*;q=0.8"}
    )
    assert answer.json() == ZERO
