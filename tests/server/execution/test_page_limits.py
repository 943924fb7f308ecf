"""Every list of a filter has a limit, and every connection counts as many objects as its page."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from server.settings import Settings
from tests.graphql import SCHEMA
from tests.server.conftest import Serving

CORE = SCHEMA._schema
TOO_MANY = Settings(_env_file=None).input_list_max + 1
VALUES: dict[str, Any] = {
    "LabelInput": {"key": "a", "value": "b"},
    "ModelRef": {"name": "a"},
    "SHA256": "a" * 64,
    "SemVer": "1.0.0",
}


def _connections() -> Iterator[tuple[str, str]]:
    for name, type_ in CORE.type_map.items():
        for field_name, field in type_.fields.items() if _is_object(type_) else ():
            if "first" in field.args:
                yield name, field_name


def _is_object(type_: Any) -> bool:
    return isinstance(type_, GraphQLObjectType)


def _filter_lists() -> Iterator[tuple[str, str, Any]]:
    """Each list of a filter: the root query with the filter, the list's name, and a value in it."""
    assert CORE.query_type is not None
    for root, field in CORE.query_type.fields.items():
        filter_ = get_named_type(field.args["filter"].type) if "filter" in field.args else None
        for name, declared in filter_.fields.items() if _is_input(filter_) else ():
            if is_list_type(get_nullable_type(declared.type)):
                item: Any = get_named_type(declared.type)
                word = next(iter(item.values)) if isinstance(item, GraphQLEnumType) else "a"
                yield root, name, VALUES.get(item.name, word)


def _is_input(type_: Any) -> bool:
    return isinstance(type_, GraphQLInputObjectType)


CONNECTIONS = sorted({*_connections()})
LISTS = list(_filter_lists())


async def _is_refused(client: httpx.AsyncClient, query: str, **variables: Any) -> bool:
    """Whether a limit refuses a query that is valid otherwise."""
    answer = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert codes <= {"LIMIT_EXCEEDED"}, answer
    return bool(codes)


async def test_every_list_of_a_filter_has_a_limit(client: httpx.AsyncClient) -> None:
    for root, name, value in LISTS:
        type_: Any = CORE.query_type and CORE.query_type.fields[root].args["filter"].type
        document = f"query ($f: {type_}) {{ {root}(filter: $f) {{ __typename }} }}"
        for size, is_refused in ((TOO_MANY, True), (TOO_MANY - 1, False)):
            filter_ = {name: [value] * size}
            assert await _is_refused(client, document, f=filter_) == is_refused, (root, name, size)


async def test_a_list_in_the_document_has_the_same_limit(client: httpx.AsyncClient) -> None:
    for size, is_refused in ((TOO_MANY, True), (TOO_MANY - 1, False)):
        names = json.dumps(["a"] * size)
        document = f"{{ models(filter: {{names: {names}}}) {{ totalCount }} }}"
        assert await _is_refused(client, document) == is_refused


@pytest.mark.parametrize(("owner", "field"), CONNECTIONS)
async def test_every_connection_counts_its_page(serve: Serving, owner: str, field: str) -> None:
    async with serve(nodes_max=60) as client:
        for arguments, is_refused in (("first: 5", False), ("first: 61", True), ("last: 61", True)):
            page = f"{field}({arguments}) {{ nodes {{ __typename }} }}"
            if owner == "Viewer":
                page = f"viewer {{ {page} }}"
            elif owner != "Query":
                page = f'node(id: "x") {{ ... on {owner} {{ {page} }} }}'
            assert await _is_refused(client, f"{{ {page} }}") == is_refused, arguments


def test_there_is_something_to_check() -> None:
    assert {("ModelAlias", "history"), ("ProviderBinding", "prices")} <= set(CONNECTIONS)
    assert len(LISTS) > 25
