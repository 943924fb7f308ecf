"""Every input names an object in the same ways: by its id, or by what identifies it."""

from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing import mutations
from tests.resolvers.writing.cases import CASES, World, hash_of, world
from tests.resolvers.writing.mutations import call, codes

KEY = {"provider": "acme", "providerModelId": "served-0", "region": "eu-west-1"}
NUMBERS = {"first": 1, "second": 2, "draft": 3, "archived": 4}


def _references(mutation: str) -> list[tuple[str, str]]:
    """The fields of an input that refer to an object, and their types."""
    named = {n: get_named_type(f.type) for n, f in mutations.input_type(mutation).fields.items()}
    return [
        (name, type_.name)
        for name, type_ in named.items()
        if isinstance(type_, GraphQLInputObjectType) and type_.is_one_of
    ]


def _others(w: World, type_: str, id: str) -> list[dict[str, Any]]:
    """The references to this object, other than its id."""
    if type_ == "ModelRef":
        return [{"name": "m"}]
    if type_ == "ProviderRef":
        return [{"slug": "acme" if id == w.provider else "idle"}]
    if type_ == "BindingRef":
        return [{"inVersion": {"version": {"id": w.first}, **KEY}}]
    number = next(number for name, number in NUMBERS.items() if getattr(w, name) == id)
    in_model = {"model": {"name": "m"}, "select": {"number": number}}
    return [{"inModel": in_model}, {"contentHash": hash_of(number % 4)}]


@pytest.mark.parametrize("mutation", [name for name in CASES if _references(name)])
async def test_each_reference_names_the_same_object(
    gql: GraphQL, database_url: str, mutation: str
) -> None:
    w = await world(gql)
    input = CASES[mutation].input(w, 0)
    del input["idempotencyKey"]
    before = await factories.revision(gql.db)
    for name, type_ in _references(mutation):
        for other in _others(w, type_, input[name]["id"]):
            input[name] = other
            if type_ in ("ModelRef", "VersionRef"):  # by names that no object has
                wrong: dict[str, Any] = (
                    {"name": "nobody"} if type_ == "ModelRef" else {"contentHash": hash_of(99)}
                )
                assert await codes(gql, mutation, **{**input, name: wrong}) == [("NOT_FOUND", name)]
    assert await factories.revision(gql.db) == before
    await call(gql, mutation, **input)
    assert await factories.revision(gql.db) == before + len(CASES[mutation].events)


async def test_a_binding_without_a_region_has_a_key_too(gql: GraphQL) -> None:
    w = await world(gql)
    binding = {"provider": "acme", "providerModelId": "served-0"}
    created = await call(gql, "createBinding", version={"id": w.first}, binding=binding)
    for region in ({}, {"region": None}):
        key = {"inVersion": {"version": {"id": w.first}, **binding, **region}}
        payload = await call(gql, "updateBinding", binding=key, weight=7)
        assert payload["binding"]["id"] == created["binding"]["id"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"provider": "nobody"}, "binding"),
        ({"provider": "a\0"}, "binding"),
        ({"providerModelId": "other"}, "binding"),
        ({"region": "us-east-1"}, "binding"),
        ({"region": None}, "binding"),
        ({"version": {"contentHash": hash_of(99)}}, "binding.inVersion.version"),
        ({"version": {"id": "bnd_"}}, "binding.inVersion.version"),
    ],
)
async def test_a_key_of_no_binding_is_not_found(
    gql: GraphQL, change: dict[str, Any], path: str
) -> None:
    w = await world(gql)
    key = {"inVersion": {"version": {"id": w.first}, **KEY, **change}}
    assert await codes(gql, "deleteBinding", binding=key) == [("NOT_FOUND", path)]


async def test_a_provider_of_an_unknown_slug_is_not_found(gql: GraphQL) -> None:
    for slug in ("nobody", "", "a\0b", "\ud800", "ACME"):
        problems = await codes(gql, "deleteProvider", provider={"slug": slug})
        assert problems == [("NOT_FOUND", "provider")]
