"""Bad input gets a clear error, the server lives, and the next good request works."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest
from graphql import get_introspection_query

from tests.server.conftest import Serving, on_every_path

pytestmark = on_every_path

JSON = {"content-type": "application/json"}


async def _assert_lives(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ models { totalCount } }"})
    assert answer.json() == {"data": {"models": {"totalCount": 0}}}


async def _refused(client: httpx.AsyncClient, status: int, code: str, **request: Any) -> str:
    answer = await client.post("/graphql", headers=JSON, **request)
    assert answer.status_code == status
    errors = answer.json()["errors"]
    assert {error["extensions"]["code"] for error in errors} == {code}
    assert {error["extensions"]["requestId"] for error in errors} == {
        answer.headers["x-request-id"]
    }
    await _assert_lives(client)
    return "; ".join(error["message"] for error in errors)


def _bomb(levels: int) -> str:
    """Fragments that each spread the next one twice: 2^levels fields when walked naively."""
    parts = [
        f"fragment F{i} on Model {{ a{i}: latestVersion {{ model {{ ...F{i + 1} }} }} "
        f"b{i}: latestVersion {{ model {{ ...F{i + 1} }} }} }}"
        for i in range(levels)
    ]
    return (
        "{ models { nodes { ...F0 } } } "
        + " ".join(parts)
        + (f" fragment F{levels} on Model {{ id }}")
    )


def _aliases(count: int) -> str:
    return "{ " + " ".join(f"a{i}: __typename" for i in range(count)) + " }"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"[1]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"query": "\xff\xfe"}', "not JSON in UTF-8"),
        (b'{"query": "\\ud800"}', "not JSON in UTF-8"),
        (b'{"query": NaN}', "not JSON"),
        (b"{}", "`query` must be a string"),
        (b'{"query": ""}', "`query` must be a string"),
        (b'{"query": 1}', "`query` must be a string"),
        (b'{"query": "{__typename}", "variables": [1]}', "`variables` must be a JSON object"),
        (b'{"query": "{__typename}", "variables": 1}', "`variables` must be a JSON object"),
        (b'{"query": "{__typename}", "operationName": 1}', "`operationName` must be a string"),
        (b'{"query": "{__typename}", "extensions": 1}', "`extensions` must be a JSON object"),
        (b'{"query": "{__typename}", "operationName": "X"}', "no operation 'X'"),
        (b'{"query": "query A {__typename} query B {__typename}"}', "several operations"),
    ],
)
async def test_a_malformed_body_is_400(client: httpx.AsyncClient, body: bytes, told: str) -> None:
    assert told in await _refused(client, 400, "BAD_USER_INPUT", content=body)


@pytest.mark.parametrize("levels", [65, 900, 10_000, 100_000])
async def test_deeply_nested_variables_are_refused(client: httpx.AsyncClient, levels: int) -> None:
    nested = b"[" * levels + b"]" * levels
    body = b'{"query": "{__typename}", "variables": {"deep": ' + nested + b"}}"
    assert "levels" in await _refused(client, 400, "LIMIT_EXCEEDED", content=body)


async def test_wide_variables_are_not_taken_for_deep_ones(client: httpx.AsyncClient) -> None:
    body = orjson.dumps({"query": "{__typename}", "variables": {"wide": [[]] * 1_000}})
    answer = await client.post("/graphql", content=body, headers=JSON)
    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_a_body_of_10_mb_is_413(client: httpx.AsyncClient) -> None:
    body = b'{"query": "{__typename}", "extensions": {"x": "' + b"x" * 10_000_000 + b'"}}'
    assert "262144 bytes" in await _refused(client, 413, "LIMIT_EXCEEDED", content=body)


async def test_a_body_of_no_told_length_is_not_read_to_its_end(client: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(
        b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n40001\r\n" + b" " * 0x40001 + b"\r\n"
    )
    head = await reader.readuntil(b"\r\n\r\n")  # although the last chunk was never sent
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in head
    assert b"LIMIT_EXCEEDED" in await reader.read()  # to the end: the server closed it
    writer.close()
    await _assert_lives(client)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{ " + "a " * 100_000 + "}", "more than 2000 tokens"),
        ("{ " + "a { " * 600 + "b" + " }" * 601, "nested too deeply"),
        ("{ models(first: " + "[" * 900 + "]" * 900 + ") { totalCount } }", "nested too deeply"),
        (
            "{ " + " ".join(f"a{i}: __typename" for i in range(1_000)) + " }",
            "more than 2000 tokens",
        ),
        ("{ " + " ".join(f"a{i}: __typename" for i in range(600)) + " }", "600 aliases"),
        ("{ " + "__typename " * 11 + "}", "11 root fields"),
        ("{ service { " + "version @skip(if: false) " * 21 + "} }", "21 directives"),
        (_bomb(150), "more than 2000 tokens"),
        (_bomb(50), "aliases"),
        (
            "{ models(first: 100) { nodes { versions(first: 100) { nodes { bindings(first: 2) "
            "{ nodes { id } } } } } } }",
            "20000 objects",
        ),
        ("{ nodes(ids: [" + '"x" ' * 101 + "]) { id } }", "101 items in a list"),
    ],
)
async def test_a_document_beyond_a_limit_is_refused(
    client: httpx.AsyncClient, document: str, told: str
) -> None:
    body = {"query": document}
    assert told in await _refused(client, 200, "LIMIT_EXCEEDED", json=body)


async def test_a_list_in_a_variable_beyond_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    document = "query($f: ModelFilter) { models(filter: $f) { totalCount } }"
    body = {"query": document, "variables": {"f": {"ids": ["x"] * 101}}}
    assert "'$f' has 101 items" in await _refused(client, 200, "LIMIT_EXCEEDED", json=body)


async def test_page_sizes_in_variables_and_their_defaults_count(client: httpx.AsyncClient) -> None:
    document = (
        "query($n: Int = 100) { models(first: $n) { nodes { versions(first: $n) "
        "{ nodes { bindings(first: $n) { nodes { id } } } } } } }"
    )
    told = "more than a million"
    for body in ({"query": document}, {"query": document, "variables": {"n": 100}}):
        assert told in await _refused(client, 200, "LIMIT_EXCEEDED", json=body)
    answer = await client.post("/graphql", json={"query": document, "variables": {"n": 10}})
    assert answer.json() == {"data": {"models": {"nodes": []}}}


async def test_validation_stops_at_5_errors(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ a b c d e f g h }"})
    errors = answer.json()["errors"]
    assert len(errors) == 6
    assert "error limit reached" in errors[5]["message"]


async def test_a_mutation_by_get_is_405_and_names_post(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", params={"query": "mutation { __typename }"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    await _assert_lives(client)


async def test_text_that_postgresql_cannot_hold_is_bad_input(client: httpx.AsyncClient) -> None:
    body = {
        "query": "query($n: String!) { model(by: {name: $n}) { id } }",
        "variables": {"n": "a\0b"},
    }
    answer = await client.post("/graphql", json=body)
    for error in answer.json().get("errors", []):
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
    await _assert_lives(client)


@pytest.mark.parametrize(
    ("variables", "extensions"), [("[1]", None), ("{", None), (None, "1"), ("\udcff", None)]
)
async def test_a_malformed_query_string_is_400(
    client: httpx.AsyncClient, variables: str | None, extensions: str | None
) -> None:
    given = {"query": "{__typename}", "variables": variables, "extensions": extensions}
    parameters = {name: value for name, value in given.items() if value is not None}
    query = httpx.QueryParams(
        {name: value.encode("utf-8", "replace").decode() for name, value in parameters.items()}
    )
    assert (await client.get("/graphql", params=query)).status_code == 400
    await _assert_lives(client)


async def test_a_query_string_longer_than_a_body_may_be_is_414(serve: Serving) -> None:
    async with serve(body_bytes_max=1_000) as client:
        answer = await client.get("/graphql", params={"query": "x" * 1_001})
        assert answer.status_code == 414
        await _assert_lives(client)


async def test_introspection_as_graphiql_asks_for_it_is_within_the_limits(
    client: httpx.AsyncClient,
) -> None:
    document = get_introspection_query(input_value_deprecation=True, specified_by_url=True)
    answer = await client.post("/graphql", json={"query": document})
    assert "errors" not in answer.json()
    assert answer.json()["data"]["__schema"]["queryType"] == {"name": "Query", "kind": "OBJECT"}


async def test_introspection_that_goes_in_circles_is_refused(client: httpx.AsyncClient) -> None:
    document = "{ __schema { types { " + "fields { type { " * 6 + "name" + " } }" * 6 + " } } }"
    answer = await client.post("/graphql", json={"query": document})
    assert "data" not in answer.json()
    await _assert_lives(client)
