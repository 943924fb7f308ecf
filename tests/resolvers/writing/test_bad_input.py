"""Nothing that a client can put into an input is ever an internal error."""

import copy
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLInputObjectType, get_named_type

from db.postgres.engine import Database
from tests.graphql import GraphQL
from tests.resolvers.writing import mutations
from tests.resolvers.writing.cases import CASES, hash_of, world
from tests.soak import replay

LONG = 10**400
TEXTS: list[Any] = [
    "'; DROP TABLE models; --",
    "a' OR '1'='1",
    'x"}) { models { nodes { id } } } #',
    "$1 %s %(name)s {0} \\",
    "🦜🦜",
    "مرحبا بالعالم",
    "\u202eright to left\u202c",
    "a\0b",
    "\ud800",
    "",
    " ",
    "a, b), (c)=(d",
    "line\nbreak\n",
    "x" * 1_000_000,
    None,
    17,
    ["a"],
    {"a": "b"},
]
NUMBERS: list[Any] = [
    2**31,
    -(2**31) - 1,
    2**63,
    LONG,
    -1,
    0,
    float("nan"),
    float("inf"),
    float("-inf"),
    1e308,
    5e-324,
    "NaN",
    "Infinity",
    "1e400",
    "1E-400",
    "-1",
    "1_000",
    "٣",
    "1." + "0" * 40 + "1",
    "",
    True,
    None,
]
TIMES: list[Any] = [
    "10000-01-01",
    "0000-01-01",
    "2026-02-30",
    "10000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-06-30T23:59:60Z",
    "9999-12-31",
    "0001-01-01",
    "infinity",
    17,
    None,
]


def _deep(levels: int) -> Any:
    return {"a": _deep(levels - 1)} if levels else 1


JSON: list[Any] = [
    _deep(9),
    _deep(500),
    {"a": "x" * 17 * 1024},
    {"a": "a\0b"},
    {"a\0b": 1},
    {"a": "\ud800"},
    {"\ud800": 1},
    {"a": float("nan")},
    [float("inf")],
    {"a": LONG},
    10**5000,
    [[], {}, "", 0, False, None],
    "text",
    "🦜",
    5e-324,
    -0.0,
    1e308,
    None,
]
ATTACKS = {"Int": NUMBERS, "Float": NUMBERS, "Decimal": NUMBERS, "BigInt": NUMBERS} | {
    "Date": TIMES,
    "DateTime": TIMES,
    "JSON": JSON,
    "Boolean": ["true", None, 1],
}


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Strawberry logs refused values, and pytest-xdist cannot send a lone surrogate."""
    caplog.set_level(logging.CRITICAL, "strawberry.execution")


def _leaves(type_: GraphQLInputObjectType, input: Any, path: tuple[Any, ...] = ()) -> Iterator[Any]:
    """The path of each leaf of an input, and the name of its scalar."""
    for name, value in input.items():
        inner = get_named_type(type_.fields[name].type)
        if not isinstance(inner, GraphQLInputObjectType):
            yield (*path, name), inner.name
        elif isinstance(value, list):
            yield from _leaves(inner, value[0], (*path, name, 0))
        else:
            yield from _leaves(inner, value, (*path, name))


def _with(input: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(input)
    target: Any = changed
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return changed


_SELECTORS = ({"alias": "production"}, {"version": "1.0.0"}, {"contentHash": "0" * 64})
_KEY = {"provider": "acme", "providerModelId": "served-0", "region": "eu-west-1"}
# Reference type -> the references other than by an id.
REFERENCES: dict[str, list[dict[str, Any]]] = {
    "ModelRef": [{"name": "m"}],
    "VersionRef": [
        {"contentHash": "0" * 64},
        *({"inModel": {"model": {"name": "m"}, "select": select}} for select in _SELECTORS),
    ],
    "BindingRef": [{"inVersion": {"version": {"contentHash": hash_of(1)}, **_KEY}}],
    "ProviderRef": [{"slug": "acme"}],
}


def _other_references(mutation: str, input: dict[str, Any]) -> list[dict[str, Any]]:
    """The input, and for each reference by id the same input with every other reference."""
    inputs = [{k: v for k, v in input.items() if k != "expectedRevision"}]
    for name in _references(mutation, input):
        type_ = get_named_type(mutations.input_type(mutation).fields[name].type).name
        inputs += [{**inputs[0], name: other} for other in REFERENCES[type_]]
    return inputs


@pytest.mark.parametrize("mutation", CASES)
async def test_no_value_of_any_field_is_an_internal_error(
    gql: GraphQL, database_url: str, mutation: str
) -> None:
    w = await world(gql)
    n = 0
    for place, input in enumerate(_other_references(mutation, CASES[mutation].input(w, 0))):
        for path, scalar in _leaves(mutations.input_type(mutation), input):
            if place and path[0] not in _references(mutation, input):
                continue  # only the references differ from the first input
            for attack in ATTACKS.get(scalar, TEXTS):
                n += 1
                fresh = {**CASES[mutation].input(w, n), **_references(mutation, input)}
                fresh.pop("expectedRevision", None)
                await _fails_well(gql.db, mutation, _with(fresh, path, attack))
    assert n >= 18
    replay.check(database_url)


def _references(mutation: str, input: dict[str, Any]) -> dict[str, Any]:
    """The part of an input that refers to objects."""
    fields = mutations.input_type(mutation).fields
    types = {name: get_named_type(fields[name].type).name for name in input}
    return {name: value for name, value in input.items() if types[name] in REFERENCES}


async def _fails_well(db: Database, mutation: str, input: dict[str, Any]) -> None:
    result = await mutations.execute(db, mutation, input)
    for error in result.errors or ():
        innermost: BaseException | None = error
        while isinstance(innermost, GraphQLError) and innermost.original_error is not None:
            innermost = innermost.original_error
        assert isinstance(innermost, GraphQLError), (str(input)[:500], repr(innermost)[:500])
