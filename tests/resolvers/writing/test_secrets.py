"""No text or JSON field of any input stores a credential."""

import copy
from typing import Any

import pytest
from graphql import get_named_type

from tests.graphql import GraphQL
from tests.resolvers.writing.cases import CASES, world
from tests.resolvers.writing.mutations import MUTATIONS, execute, input_type

SECRET = "sk-ant-api03-" + "a1" * 12
JSON_SECRETS: list[Any] = [
    {"headers": [{"name": "Authorization", "value": "Bearer abcdef"}]},
    {"api_key": ["abcdef"]},
    [{"note": f"use {SECRET}"}],
]
URLS = [
    f"https://example.com/{SECRET}",
    "https://me:hunter2@example.com/a",
    "https://example.com/a?X-Amz-Signature=abcdef",
    "https://example.com/a?token=abcdef",
]


def _secrets(scalar: str) -> list[Any]:
    return {
        "JSON": JSON_SECRETS,
        "URL": URLS,
        "String": [SECRET],
        "SemVer": [f"1.0.0+{SECRET}"],
    }.get(scalar, [])


def _attacks(type_: Any, input: dict[str, Any]) -> list[tuple[tuple[str, ...], Any]]:
    """The path of each free field of an input, and a value with a secret for it."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        if hasattr(inner, "fields"):
            value = input.get(name)
            if isinstance(value, dict) and not inner.name.endswith(("Ref", "Selector", "InModel")):
                found += [((name, *path), bad) for path, bad in _attacks(inner, value)]
        elif inner.name in ("JSON", "URL", "String", "SemVer"):
            found += [((name,), bad) for bad in _secrets(inner.name)]
    return found


@pytest.mark.parametrize("mutation", sorted(MUTATIONS))
async def test_a_secret_in_any_free_field_is_refused(gql: GraphQL, mutation: str) -> None:
    input = CASES[mutation].input(await world(gql), 0)
    stored = []
    for path, bad in _attacks(input_type(mutation), input):
        attacked = copy.deepcopy(input)
        inner = attacked
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = bad
        result = await execute(gql.db, mutation, attacked, store=gql.store)
        payload = (result.data or {}).get(mutation)
        if payload is not None and not payload["userErrors"]:
            stored.append((path, bad))
    assert stored == []
