"""No text or JSON field of any mutation's input takes a secret, or repeats it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
    is_required_input_field,
)

from bench.made_up_keys import made_up
from tests.graphql import SCHEMA, GraphQL, context
from tests.resolvers.writing.cases import CASES, NO_ID, world
from tests.resolvers.writing.mutations import BUILT

assert BUILT.mutation_type is not None
INPUTS: dict[str, Any] = {
    name: get_named_type(field.args["input"].type)
    for name, field in BUILT.mutation_type.fields.items()
    if "input" in field.args
}
KEYS = {made.kind: made.key for made in made_up(15)}
SECRET = KEYS["Anthropic"]
# By scalar: what is put into a field, and the place in the value that the message names.
ATTACKS: dict[str, list[tuple[Any, str]]] = {
    "String": [
        (SECRET, ""),
        (f"See {KEYS['Tavily']}.", ""),
        (f"{SECRET[:30]}\u200b{SECRET[30:]}", ""),
    ],
    "SemVer": [(f"1.0.0+{SECRET}", "")],
    "URL": [
        (f"https://example.com/{SECRET}", ""),
        (f"https://me:{KEYS['Mistral']}@example.com/a", ""),
        (f"https://example.com/a?X-Amz-Signature={KEYS['Datadog']}", ""),
        (f"s3://bucket/a?token={KEYS['Datadog']}", ""),
    ],
    "JSON": [
        ({"headers": [{"name": "Authorization", "value": f"Bearer {SECRET}"}]}, ".headers[0]"),
        ({"a": {"b": [{"note": f"use {SECRET}"}]}}, ".a.b[0].note"),
        ({"a": {"apiKey": [KEYS["Datadog"]]}}, ".a.apiKey"),
        ([1, ["x", {SECRET: 2}]], "[1][1]"),
        (SECRET, ""),
    ],
}
SAMPLES = {
    "ID": f"mdl_{NO_ID}",
    "String": "x",
    "Int": 1,
    "Float": 0.5,
    "Boolean": False,
    "BigInt": "1",
    "Decimal": "1",
    "Date": "2026-01-31",
    "DateTime": "2026-01-31T12:00:00Z",
    "SHA256": "0" * 64,
    "SemVer": "1.0.0",
    "URL": "https://example.com",
    "JSON": {},
}
Path = tuple[str, ...]


def _sample(type_: Any) -> Any:
    """A value of an input type with its required fields."""
    plain = get_nullable_type(type_)
    if isinstance(plain, GraphQLList):
        return [_sample(plain.of_type)]
    if isinstance(plain, GraphQLEnumType):
        return next(iter(plain.values))
    if isinstance(plain, GraphQLInputObjectType):
        fields = [*plain.fields.items()]
        chosen = fields[:1] if plain.is_one_of else fields
        return {
            name: _sample(field.type)
            for name, field in chosen
            if plain.is_one_of or is_required_input_field(field)
        }
    return SAMPLES[plain.name]


def _leaves(type_: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The path and scalar of each field that takes free text or JSON, at any depth."""
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        here = (*path, name)
        if isinstance(get_nullable_type(field.type), GraphQLList):
            here = (*here, "0")
        if isinstance(inner, GraphQLInputObjectType):
            yield from _leaves(inner, here)
        elif inner.name in ATTACKS:
            yield here, inner.name


def _attacked(type_: Any, input: Any, path: Path, bad: Any) -> Any:
    """The input with another value at a path; objects and lists on the way are completed."""
    if not path:
        return bad
    plain = get_nullable_type(type_)
    if isinstance(plain, GraphQLList):
        first = input[0] if input else _sample(plain.of_type)
        return [_attacked(plain.of_type, first, path[1:], bad)]
    name, *rest = path
    inner = plain.fields[name].type
    given = {} if plain.is_one_of else copy.deepcopy(input or _sample(plain))
    value = given.get(name) if given.get(name) is not None else _sample(inner)
    return {**given, name: _attacked(inner, value, tuple(rest), bad)}


async def _user_errors(gql: GraphQL, mutation: str, input: Any) -> list[dict[str, Any]]:
    errors = "userErrors { code message path }"
    document = f"mutation ($i: {INPUTS[mutation].name}!) {{ {mutation}(input: $i) {{ {errors} }} }}"
    surroundings = context(gql.db, store=gql.store)
    result = await SCHEMA.execute(document, {"i": input}, context_value=surroundings)
    assert result.errors is None, result.errors
    assert result.data is not None
    found: list[dict[str, Any]] = result.data[mutation]["userErrors"]
    return found


def _rows(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            for table in ("audit_events", "idempotency_keys")
        ]


def test_every_mutation_has_an_input_and_free_fields() -> None:
    assert INPUTS.keys() == BUILT.mutation_type.fields.keys()  # type: ignore[union-attr]  # asserted above
    assert {name: 1 for name, type_ in INPUTS.items() if not [*_leaves(type_)]} == {}


@pytest.mark.parametrize("mutation", sorted(INPUTS))
async def test_a_secret_in_any_free_field_is_refused(
    gql: GraphQL, database_url: str, mutation: str
) -> None:
    type_ = INPUTS[mutation]
    w = await world(gql)
    input = CASES[mutation].input(w, 0) if mutation in CASES else _sample(type_)
    before = _rows(database_url)
    for path, scalar in _leaves(type_):
        shown = "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in path)[1:]
        for bad, place in ATTACKS[scalar]:
            errors = await _user_errors(gql, mutation, _attacked(type_, input, path, bad))
            of_path = [error for error in errors if tuple(error["path"]) == path]
            assert [error["code"] for error in of_path] == ["INVALID"], (path, bad, errors)
            assert of_path[0]["message"].startswith(f"{shown}{place} must not hold a secret")
            assert not [key for key in KEYS.values() if key in json.dumps(errors)]
    assert _rows(database_url) == before


async def test_json_that_is_too_deep_is_refused_as_such(gql: GraphQL) -> None:
    w = await world(gql)
    deep = json.loads('{"apiKey": ' + "[" * 900 + "]" * 900 + "}")
    input = CASES["updateBinding"].input(w, 0) | {"config": deep}
    [error] = await _user_errors(gql, "updateBinding", input)
    assert error["message"] == "config must be nested at most 8 levels deep"


async def test_the_key_of_a_label_tells_of_its_value(gql: GraphQL) -> None:
    labels = [{"key": "team", "value": "red"}, {"key": "api-key", "value": "hunter2"}]
    input = {"name": "x", "task": "CHAT", "labels": labels}
    [error] = await _user_errors(gql, "createModel", input)
    assert error["path"] == ["labels", "1", "value"]
    assert "hunter2" not in error["message"]


async def test_other_breaches_are_reported_beside_secrets(gql: GraphQL) -> None:
    input = {"name": SECRET, "task": "CHAT", "subject": "NO SLUG", "description": SECRET}
    errors = await _user_errors(gql, "createModel", input)
    assert [error["path"] for error in errors] == [["subject"], ["name"], ["description"]]


@pytest.mark.parametrize("key", ["f81d4fae-7dec-41d0-a765-00a0c91e6bf6", KEYS["Mistral"]])
async def test_an_idempotency_key_may_be_random(gql: GraphQL, key: str) -> None:
    input = {"name": "x", "task": "CHAT", "idempotencyKey": key}
    assert await _user_errors(gql, "createModel", input) == []
