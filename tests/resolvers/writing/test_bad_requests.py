"""Bad input as it comes over HTTP: what JSON or a GraphQL literal can say, and Python cannot."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from server import app
from server.settings import Settings
from tests.db.clones import cloned
from tests.resolvers.writing.cases import hash_of
from tests.server.conftest import running

CREATE = """mutation ($input: CreateVersionInput!) {
  createVersion(input: $input) { version { id } userErrors { code path } } }"""


@pytest.fixture(scope="module")
async def client(postgres_url: str, template: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a registry with one model and one provider."""
    with cloned(postgres_url, template) as url:
        async with running(app.build(Settings(_env_file=None), url)) as connected:
            document = """mutation {
                createModel(input: {name: "m", task: CHAT}) { model { id } }
                createProvider(input: {slug: "acme", name: "A", kind: OTHER}) { __typename } }"""
            assert "errors" not in (await _post(connected, json.dumps({"query": document}))).json()
            yield connected


async def _post(client: httpx.AsyncClient, body: str) -> httpx.Response:
    headers = {"content-type": "application/json"}
    return await client.post("/graphql", content=body.encode(), headers=headers)


def _refused(answer: httpx.Response, *codes: str) -> None:
    assert answer.status_code < 500, answer.text[:500]
    body = answer.json()
    found = [error["extensions"]["code"] for error in body.get("errors", [])]
    if body.get("data"):
        found += [error["code"] for error in body["data"]["createVersion"]["userErrors"]]
    assert found, body
    assert set(found) <= set(codes), body


def _body(**fields: object) -> str:
    version = {"version": "1.0.0", "contentHash": hash_of(1), "region": "eu"}
    input = {"model": {"name": "m"}, **version, **fields}
    return json.dumps({"query": CREATE, "variables": {"input": input}})


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" + "0" * 5_000, '"x"', "[]", "1" * 400],
)
@pytest.mark.parametrize("name", ["evalScore", "sloLatencyMs", "costPer1k", "sizeBytes"])
async def test_a_number_out_of_range_is_refused(
    client: httpx.AsyncClient, name: str, value: str
) -> None:
    body = _body(**{name: "HERE"}).replace('"HERE"', value)
    _refused(await _post(client, body), "BAD_USER_INPUT", "INVALID")


@pytest.mark.parametrize(
    "value",
    [
        r'{"a": "\ud800"}',
        r'{"\udfff": 1}',
        r'"\u0000"',
        r'{"\u0000": 1}',
        "1e400",
        "[NaN]",
        "1" + "0" * 5_000,
        "[" * 9 + "]" * 9,
        "[" * 100_000 + "]" * 100_000,
        json.dumps("x" * 17 * 1024),
    ],
    ids=range(10),
)
async def test_json_that_cannot_be_stored_is_refused(client: httpx.AsyncClient, value: str) -> None:
    body = _body(metadata="HERE").replace('"HERE"', value)
    _refused(await _post(client, body), "BAD_USER_INPUT", "INVALID", "LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    "value",
    [
        "metadata: {a: 1e400}",
        "metadata: " + "1" + "0" * 5_000,
        r'metadata: "\u0000"',
        r'metadata: "\uD800"',
        "metadata: {a: 1, a: 2}",
        "metadata: " + "[" * 200 + "]" * 200,
        "evalScore: 1e400",
        "evalScore: 1.5",
        "sloLatencyMs: 2147483648",
        "sloLatencyMs: " + "9" * 5_000,
        "costPer1k: 1e400",
        'costPer1k: "NaN"',
        'sizeBytes: "9223372036854775808"',
        'deprecatedOn: "10000-01-01"',
        'region: "eu" region: "us"',
        "status: ARCHIVED",
        'status: "ACTIVE"',
        "nothing: 1",
        'alias: "\\u{1F99C}"',
    ],
)
async def test_an_invalid_literal_is_refused(client: httpx.AsyncClient, value: str) -> None:
    region = "" if value.startswith("region") else 'region: "Mars!"'
    document = f"""mutation {{ createVersion(input: {{ model: {{name: "m"}}, version: "1.0.0",
        contentHash: "{hash_of(1)}", {region} {value} }}) {{
        version {{ id }} userErrors {{ code path }} }} }}"""
    answer = await _post(client, json.dumps({"query": document}))
    codes = ("BAD_USER_INPUT", "INVALID", "LIMIT_EXCEEDED", "GRAPHQL_VALIDATION_FAILED")
    _refused(answer, *codes)


async def test_too_many_bindings_are_refused(client: httpx.AsyncClient) -> None:
    plain = {"provider": "acme", "providerModelId": "x"}
    bindings = [{**plain, "providerModelId": f"x-{n}"} for n in range(101)]
    _refused(await _post(client, _body(bindings=bindings)), "LIMIT_EXCEEDED")
    answer = await _post(client, _body(bindings=bindings[:100], version="0.0.1"))
    assert answer.json()["data"]["createVersion"]["userErrors"] == []


async def test_a_description_of_a_megabyte_is_refused(client: httpx.AsyncClient) -> None:
    document = """mutation ($text: String) { createModel(input: {name: "x", task: CHAT,
        description: $text}) { model { id } userErrors { code path } } }"""
    for size, status in ((1_000_000, 413), (200_000, 200)):
        body = {"query": document, "variables": {"text": "x" * size}}
        answer = await _post(client, json.dumps(body))
        assert answer.status_code == status
    assert answer.json()["data"]["createModel"]["userErrors"] == [
        {"code": "INVALID", "path": ["description"]}
    ]


async def test_text_is_stored_unchanged(client: httpx.AsyncClient) -> None:
    """Emoji and right-to-left text in descriptions, though no name may have them."""
    text = "🦜 مرحبا \u202eright to left\u202c '; DROP TABLE models; --"
    document = """mutation ($text: String!, $name: String!) { createModel(input: {name: $name,
        task: CHAT, description: $text, labels: [{key: "note", value: $text}]}) {
        model { description labels { value } } userErrors { code path } } }"""
    request = {"query": document, "variables": {"text": text, "name": "described"}}
    created = (await _post(client, json.dumps(request))).json()["data"]["createModel"]
    assert created["model"] == {"description": text, "labels": [{"value": text}]}
    request["variables"] = {"text": text, "name": "مرحبا🦜"}
    created = (await _post(client, json.dumps(request))).json()["data"]["createModel"]
    assert created["userErrors"] == [{"code": "INVALID", "path": ["name"]}]
