"""GraphQL over HTTP, as a client on the wire sees it."""

import asyncio
import logging

import httpx
import pytest
from sqlalchemy import text

from db.postgres.engine import Database
from tests.server.conftest import Serving, on_every_path
from tests.server.wire import held, waiting

pytestmark = on_every_path

GRAPHQL = "application/graphql-response+json"
QUERY = {"query": "{ __typename }"}


async def test_an_answer_is_json_unless_the_newer_type_is_asked_for(
    client: httpx.AsyncClient,
) -> None:
    wanted = {
        "*/*": "application/json",
        "application/json": "application/json",
        GRAPHQL: GRAPHQL,
        f"application/json;q=0.5, {GRAPHQL}": GRAPHQL,
        f"{GRAPHQL};q=0.1, application/json": "application/json",
        "image/png": "application/json",
        f"{GRAPHQL};q=nonsense": "application/json",
    }
    for accept, media in wanted.items():
        answer = await client.post("/graphql", json=QUERY, headers={"accept": accept})
        assert answer.json() == {"data": {"__typename": "Query"}}
        assert answer.headers["content-type"] == f"{media}; charset=utf-8"
        assert answer.headers["vary"] == "accept, accept-encoding, authorization, registry-revision"


async def test_a_refused_request_has_no_data_and_is_400_in_the_newer_type(
    client: httpx.AsyncClient,
) -> None:
    for document in ("{", "{ nope }", "query($n: Int!) { models(first: $n) { totalCount } }"):
        for accept, status in ((GRAPHQL, 400), ("application/json", 200)):
            answer = await client.post(
                "/graphql", json={"query": document}, headers={"accept": accept}
            )
            assert answer.status_code == status
            assert "data" not in answer.json()
            assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_an_error_of_a_field_leaves_the_status_at_200(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/graphql",
        json={"query": "{ __typename models(first: 0) { totalCount } }"},
        headers={"accept": GRAPHQL},
    )
    assert answer.status_code == 200
    [error] = answer.json()["errors"]
    assert error["path"] == ["models"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_get_carries_queries(client: httpx.AsyncClient) -> None:
    parameters = {
        "query": "query Q($n: Int) { models(first: $n) { nodes { id } } } query R { __typename }",
        "variables": '{"n": 1}',
        "operationName": "Q",
    }
    answer = await client.get("/graphql", params=parameters)
    assert answer.json() == {"data": {"models": {"nodes": []}}}


@pytest.mark.parametrize("name", ["query", "documentId", "variables", "traceparent"])
async def test_a_parameter_given_twice_is_refused(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get("/graphql", params=[*QUERY.items(), (name, "a"), (name, "b")])
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["message"] == f"`{name}` is in the query string more than once"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_405(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_get_that_another_site_caused_needs_a_preflight(
    client: httpx.AsyncClient, site: str
) -> None:
    headers = {"sec-fetch-site": site}
    answer = await client.get("/graphql", params=QUERY, headers=headers)
    assert answer.status_code == 403
    headers["graphql-require-preflight"] = "1"
    answer = await client.get("/graphql", params=QUERY, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "",
    ],
)
async def test_a_body_that_is_not_json_by_its_type_is_415(
    client: httpx.AsyncClient, content_type: str
) -> None:
    """So that no form of another site's page can post, as none can send JSON unasked."""
    answer = await client.post(
        "/graphql", content=b'{"query":"{__typename}"}', headers={"content-type": content_type}
    )
    assert answer.status_code == 415
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_the_request_id_is_kept_when_sane_and_made_when_not(
    client: httpx.AsyncClient,
) -> None:
    for given, is_kept in (("trace-1:a/b", True), ("a b", False), ("x" * 129, False)):
        answer = await client.post("/graphql", json={"query": "{"}, headers={"x-request-id": given})
        told = answer.headers["x-request-id"]
        assert (told == given) is is_kept
        assert len(told) in (32, len(given))
        assert answer.json()["errors"][0]["extensions"]["requestId"] == told


async def test_two_requests_have_two_ids(client: httpx.AsyncClient) -> None:
    answers = [await client.get("/healthz") for _ in range(2)]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 2


async def test_an_unexpected_error_is_masked_and_logged_under_its_request_id(
    serve: Serving, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """A table that is not there is a mistake of ours, not something a caller can mend."""
    async with db.write("tests") as session:
        await session.exec(text("ALTER TABLE models RENAME TO hidden_models"))
    with caplog.at_level(logging.ERROR, "server"):
        async with serve() as client:
            answer = await client.post("/graphql", json={"query": "{ models { totalCount } }"})
    [error] = answer.json()["errors"]
    assert error["path"][0] == "models"
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert "hidden" not in answer.text
    assert "does not exist" not in answer.text
    record = caplog.records[-1]
    assert record.exc_info is not None
    assert "does not exist" in str(record.exc_info[1])


async def test_more_requests_at_once_than_allowed_are_503_with_retry_after(
    serve: Serving, database_url: str
) -> None:
    slow = {"query": "{ models { totalCount } }"}
    async with serve(concurrency_max=1) as client:
        with held(database_url):
            first = asyncio.ensure_future(client.post("/graphql", json=slow))
            await waiting(database_url, 1)
            refused = await client.post("/graphql", json=QUERY)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert (await first).status_code == 200
        assert (await client.post("/graphql", json=QUERY)).status_code == 200


async def test_a_browser_gets_the_page_and_a_program_gets_json(client: httpx.AsyncClient) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = await client.get("/graphql", headers=browser)
    assert page.headers["content-type"].startswith("text/html")
    data = await client.get("/graphql", params=QUERY, headers=browser)
    assert data.json() == {"data": {"__typename": "Query"}}
    assert (await client.get("/graphql")).status_code == 400


async def test_the_front_page_links_to_what_is_there(client: httpx.AsyncClient) -> None:
    links = (await client.get("/")).json()["links"]
    for path in links.values():
        assert (await client.get(path, params=QUERY)).status_code == 200


async def test_the_service_tells_the_limits_in_force(serve: Serving) -> None:
    async with serve(nodes_max=123) as client:
        answer = await client.post(
            "/graphql", json={"query": "{ service { limits { maxNodes maxDepth } schemaHash } }"}
        )
    service = answer.json()["data"]["service"]
    assert service["limits"] == {"maxNodes": 123, "maxDepth": 12}
    assert len(service["schemaHash"]) == 64
