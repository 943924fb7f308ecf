"""Any JSON value within the limits comes back as an equal value, on every path."""

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx
import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import rules
from domain.secrets import scanner
from tests.server.conftest import Serving, on_every_path
from tests.server.http.test_sse import events

CREATE = """mutation ($input: CreateVersionInput!) { createVersion(input: $input) {
  version { id metadata bindings(first: 1) { nodes { config } } }
  userErrors { path message } } }"""
READ = """query ($id: ID!) { node(id: $id) { ... on ModelVersion {
  metadata bindings(first: 1) { nodes { config } } } }
  auditEvents(first: 3) { nodes { changes { field before after } } } }"""
ARCHIVE = (
    "mutation ($id: ID!) { archiveVersion(input: {version: {id: $id}}) { userErrors { message } } }"
)
RESTORE = (
    "mutation ($id: ID!) { restoreVersion(input: {version: {id: $id}}) { userErrors { message } } }"
)
LIVE = "subscription { registryChanged { cursor event { changes { field after } } } }"
SETUP = """mutation { createProvider(input: {slug: "acme", name: "Acme", kind: OPENAI}) {
  userErrors { message } }
  createModel(input: {name: "m", task: CHAT}) { userErrors { message } } }"""

_numbers = count(1)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
).filter(lambda value: rules.json_value(value) is None and scanner.find(value) is None)
EDGES: list[Any] = [
    {"training_flops": 3.8e25},
    [1e20, 1e22, 1.7976931348623157e308, 5e-324, -0.0, 1.0, 1, 2**53 + 1, 2**64 - 1, -(2**63)],
    False,
    "",
    [],
    {"": {"a": None}},
]


def equal(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal; a float equals the integer that is written as it."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, float) or isinstance(right, float):
        return float(left) == float(right)
    return bool(left == right)


async def ask(client: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    """The data of an operation. A body of chunks is sent once, also where queries go twice."""

    async def chunks() -> AsyncIterator[bytes]:
        yield orjson.dumps({"query": query, "variables": variables})

    sent: Any = orjson.dumps({"query": query, "variables": variables})
    if query.startswith("mutation"):
        sent = chunks()
    headers = {"content-type": "application/json"}
    response = await client.post("/graphql", content=sent, headers=headers)
    body: dict[str, Any] = response.json()
    assert "errors" not in body, body["errors"]
    data: dict[str, Any] = body["data"]
    return data


def version_input(value: Any) -> dict[str, Any]:
    number = next(_numbers)
    return {
        "model": {"name": "m"},
        "version": f"{number}.0.0",
        "contentHash": f"{number:064x}",
        "region": "eu",
        "status": "DRAFT",
        "metadata": value,
        "bindings": [{"provider": "acme", "providerModelId": "x", "config": value}],
    }


def check_version(found: dict[str, Any], value: Any) -> None:
    config = found["bindings"]["nodes"][0]["config"]
    assert equal(found["metadata"], value), (found["metadata"], value)
    assert equal(config, value), (config, value)


async def round_trip(client: httpx.AsyncClient, value: Any) -> None:
    payload = (await ask(client, CREATE, input=version_input(value)))["createVersion"]
    assert payload["userErrors"] == []
    check_version(payload["version"], value)
    key = payload["version"]["id"]
    data = await ask(client, READ, id=key)
    check_version(data["node"], value)
    changes = [change for event in data["auditEvents"]["nodes"] for change in event["changes"]]
    if value is not None:
        logged = [c["after"] for c in changes if c["field"] in ("metadata", "config")]
        assert any(equal(after, value) for after in logged), (logged, value)
    for document in (ARCHIVE, RESTORE):
        [done] = (await ask(client, document, id=key)).values()
        assert done["userErrors"] == []
    check_version((await ask(client, READ, id=key))["node"], value)


@on_every_path
async def test_edges_come_back_as_equal_values(serve: Serving) -> None:
    async with serve() as client:
        await ask(client, SETUP)
        for value in EDGES:
            await round_trip(client, value)


async def test_any_value_comes_back_as_an_equal_value(serve: Serving) -> None:
    async with serve() as client:
        await ask(client, SETUP)
        examples: list[Any] = []

        @settings(max_examples=60, suppress_health_check=list(HealthCheck), database=None)
        @given(VALUES)
        def collect(value: Any) -> None:
            examples.append(value)

        collect()
        for value in examples:
            await round_trip(client, value)


async def test_a_stream_delivers_large_numbers(serve: Serving) -> None:
    async with serve() as client:
        await ask(client, SETUP)
        async with events(client, LIVE) as stream:
            await ask(client, CREATE, input=version_input({"flops": 3.8e25}))
            found = [await anext(stream) for _ in range(2)]
    changes = [c for _, body in found for c in body["data"]["registryChanged"]["event"]["changes"]]
    assert {"flops": 3.8e25} in [change["after"] for change in changes]


@pytest.mark.parametrize("number", ["1e400", "1" * 5_000, "(1e400 + 0.5)"])
async def test_a_number_that_cannot_be_sent_is_an_error_of_its_field(
    serve: Serving, database_url: str, number: str
) -> None:
    """Such rows come from elsewhere: the API refuses these numbers."""
    async with serve() as client:
        await ask(client, SETUP)
        payload = (await ask(client, CREATE, input=version_input({"a": 1})))["createVersion"]
        with psycopg.connect(database_url) as connection:
            connection.execute(
                f"UPDATE model_versions SET metadata = jsonb_build_object('a', {number}::numeric)"
            )
        variables = {"id": payload["version"]["id"]}
        response = await client.post("/graphql", json={"query": READ, "variables": variables})
        body = response.json()
    assert response.status_code == 200
    assert body["data"]["node"]["metadata"] is None
    assert body["data"]["node"]["bindings"]["nodes"][0]["config"] == {"a": 1}
    paths = [error["path"] for error in body["errors"]]
    assert ["node", "metadata"] in paths
    assert len(body["data"]["auditEvents"]["nodes"]) == 3


@pytest.mark.parametrize("place", ["literal", "variable"])
@pytest.mark.parametrize("integer", [str(2**64 + 1), str(-(2**63) - 1), "1" * 30])
async def test_an_integer_beyond_64_bits_is_refused_with_its_place(
    serve: Serving, integer: str, place: str
) -> None:
    document = """mutation%s { createVersion(input: {model: {name: "m"}, version: "1.0.0",
      contentHash: "%s", region: "eu", metadata: %s}) { userErrors { path message } } }"""
    head, value, variable = "", f"{{a: [0, {integer}]}}", "null"
    if place == "variable":
        head, value, variable = " ($v: JSON)", "$v", f'{{"a": [0, {integer}]}}'
    query = orjson.dumps(document % (head, "0" * 64, value)).decode()
    async with serve() as client:
        await ask(client, SETUP)
        body = f'{{"query": {query}, "variables": {{"v": {variable}}}}}'
        headers = {"content-type": "application/json"}
        response = await client.post("/graphql", content=body, headers=headers)
        stored = await ask(client, '{ model(by: {name: "m"}) { versions { totalCount } } }')
    [error] = response.json()["data"]["createVersion"]["userErrors"]
    assert error["path"] == ["metadata"]
    assert "(at a[1])" in error["message"]
    assert stored["model"]["versions"]["totalCount"] == 0


async def test_an_integer_as_javascript_writes_1e20_comes_back(serve: Serving) -> None:
    async with serve() as client:
        await ask(client, SETUP)
        payload = (await ask(client, CREATE, input=version_input({"a": 0})))["createVersion"]
        update = """mutation ($id: ID!, $v: JSON) { updateVersion(input: {version: {id: $id},
          metadata: $v}) { version { metadata } userErrors { message } } }"""
        variables = f'{{"id": "{payload["version"]["id"]}", "v": [1{"0" * 20}, 9007199254740993]}}'
        body = f'{{"query": {orjson.dumps(update).decode()}, "variables": {variables}}}'
        headers = {"content-type": "application/json"}
        response = await client.post("/graphql", content=body, headers=headers)
    assert response.json()["data"]["updateVersion"] == {
        "version": {"metadata": [1e20, 9007199254740993]},
        "userErrors": [],
    }
