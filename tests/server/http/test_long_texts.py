"""No error quotes a long text of the client, and no response is larger than allowed."""

from typing import Any

import httpx
import pytest

from domain import rules
from resolvers.errors import MESSAGE_LENGTH_MAX, shortened
from tests.server.conftest import Serving, on_every_path

Z = "z" * 50_000
PLACES: dict[str, dict[str, Any]] = {
    "field": {"query": f"{{ {Z} }}"},
    "alias": {"query": f"{{ {Z}: nope }}"},
    "equal aliases": {"query": f"{{ {Z}: models {{ totalCount }} {Z}: service {{ version }} }}"},
    "argument": {"query": f"{{ models({Z}: 1) {{ totalCount }} }}"},
    "type": {"query": f"{{ ... on {Z} {{ id }} }}"},
    "fragment": {"query": f"{{ ...{Z} }}"},
    "unused fragment": {"query": f"{{ __typename }} fragment {Z} on Model {{ id }}"},
    "directive": {"query": f"{{ __typename @{Z} }}"},
    "unused variable": {"query": f"query (${Z}: Int) {{ __typename }}"},
    "missing variable": {"query": f"query (${Z}: Int!) {{ models(first: ${Z}) {{ totalCount }} }}"},
    "type of a variable": {"query": f"query ($a: {Z}) {{ __typename }}"},
    "enum": {"query": f"{{ models(filter: {{task: [{Z}]}}) {{ totalCount }} }}"},
    "field of an input": {"query": f"{{ models(filter: {{{Z}: 1}}) {{ totalCount }} }}"},
    "string for a number": {"query": f'{{ models(first: "{Z}") {{ totalCount }} }}'},
    "number": {"query": f"{{ models(first: {'9' * 50_000}) {{ totalCount }} }}"},
    "cursor": {"query": f'{{ models(after: "{Z}") {{ totalCount }} }}'},
    "syntax": {"query": f'{{ models "{Z}" }}'},
    "operation name": {"query": "{ __typename }", "operationName": Z},
    "names of operations": {"query": f"query A {{ __typename }} query {Z} {{ __typename }}"},
    "value of a variable": {
        "query": "query ($n: Int) { models(first: $n) { totalCount } }",
        "variables": {"n": Z},
    },
    "unknown field in a variable": {
        "query": "query ($f: ModelFilter) { models(filter: $f) { totalCount } }",
        "variables": {"f": {Z: 1}},
    },
    "decimal in a variable": {
        "query": "query ($f: VersionFilter) { versions(filter: $f) { totalCount } }",
        "variables": {"f": {"costPer1k": {"gte": Z[:1_000]}}},
    },
    "name of a mutation": {
        "query": "mutation ($i: DeleteModelInput!) { deleteModel(input: $i) "
        "{ userErrors { message } } }",
        "variables": {"i": {"id": Z[:10_000]}},
    },
    "label of a mutation": {
        "query": "mutation ($i: CreateModelInput!) { createModel(input: $i) "
        "{ userErrors { message } } }",
        "variables": {
            "i": {"name": "m", "task": "CHAT", "labels": [{"key": Z[:10_000], "value": ""}] * 2}
        },
    },
}


@on_every_path
@pytest.mark.parametrize("place", PLACES)
async def test_an_error_quotes_no_long_text(client: httpx.AsyncClient, place: str) -> None:
    answer = await client.post("/graphql", json=PLACES[place])
    body = answer.json()
    errors = body.get("errors") or next(iter(body["data"].values()))["userErrors"]
    assert errors
    for error in errors:
        assert len(error["message"]) <= MESSAGE_LENGTH_MAX
        assert "z" * 200 not in error["message"]
    assert len(answer.content) < 5_000


def test_a_short_message_is_left_as_it_is() -> None:
    assert shortened("x" * MESSAGE_LENGTH_MAX) == "x" * MESSAGE_LENGTH_MAX
    cut = shortened("a" * MESSAGE_LENGTH_MAX + "b")
    assert (len(cut), cut[0], cut[-1]) == (MESSAGE_LENGTH_MAX - 1, "a", "b")


CREATE = "mutation ($i: CreateModelInput!) { createModel(input: $i) { model { id } } }"
READ = "{ models(first: 100) { nodes { id name description } } }"
REPEATED = "{ models(first: 100) { nodes { versions { nodes { id } } %s } } }"


@on_every_path
async def test_a_response_beyond_the_limit_is_refused(serve: Serving) -> None:
    async with serve(response_bytes_max=20_000) as client:
        for number in range(4):
            text = "\u0001" if number == 3 else "x"  # six bytes in JSON
            given = {"name": f"m-{number}", "task": "CHAT", "description": text * 6_000}
            body = {"query": CREATE, "variables": {"i": given}}
            assert (await client.post("/graphql", json=body)).json()["data"]
            answer = (await client.post("/graphql", json={"query": READ})).json()
            if number < 3:
                assert len(answer["data"]["models"]["nodes"]) == number + 1
            else:
                (error,) = answer["errors"]
                assert "data" not in answer
                assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
                assert "20000 bytes" in error["message"]
        aliases = " ".join(f"a{n}: description" for n in range(20))
        body = {"query": REPEATED % aliases}
        (error,) = (await client.post("/graphql", json=body)).json()["errors"]
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED"


@on_every_path
async def test_texts_in_queries_may_be_as_long_as_any_that_is_stored(
    client: httpx.AsyncClient,
) -> None:
    query = "query ($n: String) { models(filter: {nameContains: $n}) { totalCount } }"
    for length in (rules.KEY_LENGTH_MAX, 1_024):
        body = {"query": query, "variables": {"n": "x" * length}}
        answer = (await client.post("/graphql", json=body)).json()
        assert answer == {"data": {"models": {"totalCount": 0}}}
    body = {"query": query, "variables": {"n": "x" * 1_025}}
    (error,) = (await client.post("/graphql", json=body)).json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert error["message"].startswith("Variable '$n' has a text of 1025 characters")


@on_every_path
async def test_heavy_introspection_runs_in_an_operation_of_its_own(
    client: httpx.AsyncClient,
) -> None:
    fields = " ".join(f"f{n}: fields {{ args {{ name }} }}" for n in range(4))
    schema = f"__schema {{ types {{ {fields} }} }}"
    answer = (await client.post("/graphql", json={"query": f"{{ {schema} }}"})).json()
    assert len(answer["data"]["__schema"]["types"]) > 50
    body = {"query": f"{{ {schema} service {{ version }} }}"}
    (error,) = (await client.post("/graphql", json=body)).json()["errors"]
    assert "introspection beside other fields" in error["message"]
