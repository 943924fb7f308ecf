"""Mutations of bindings and prices."""

from typing import Any

import psycopg
import pytest

from tests.graphql import GraphQL
from tests.resolvers.writing.cases import binding_input, price_input, world
from tests.resolvers.writing.mutations import call, codes, user_errors


async def test_a_binding_is_created_with_its_values(gql: GraphQL, database_url: str) -> None:
    w = await world(gql)
    input = binding_input(7)
    created = (await call(gql, "createBinding", version={"id": w.draft}, binding=input))["binding"]
    plain = {k: v for k, v in input.items() if k not in ("provider", "price")}
    assert {name: created[name] for name in plain} == plain
    assert (created["provider"]["slug"], created["version"]["id"]) == ("acme", w.draft)
    with psycopg.connect(database_url) as connection:
        query = "SELECT config, model_id IS NOT NULL FROM provider_bindings WHERE priority = 10"
        assert (input["config"], True) in connection.execute(query).fetchall()


async def test_all_problems_of_a_binding_have_its_path(gql: GraphQL) -> None:
    w = await world(gql)
    input = {
        "provider": "Not A Slug",
        "providerModelId": "",
        "region": "Mars!",
        "endpoint": "https://user:password@example.com",
        "config": {"nested": [{"clientSecret": "x"}]},
        "credentialRef": "sk-1234",
        "priority": -1,
        "weight": -1,
        "price": {"inputPer1k": "1e11", "outputPer1k": "0.00000000001"},
    }
    problems = await codes(gql, "createBinding", version={"id": w.first}, binding=input)
    names = [name for name in input if name != "price"]
    paths = [f"binding.{name}" for name in (*names, "price.inputPer1k", "price.outputPer1k")]
    assert sorted(problems) == sorted(("INVALID", path) for path in paths)


async def test_an_existing_binding_is_returned_with_the_refusal(gql: GraphQL) -> None:
    w = await world(gql)
    same = binding_input(0)
    (error,) = await user_errors(gql, "createBinding", version={"id": w.first}, binding=same)
    assert (error["code"], error["path"]) == ("ALREADY_EXISTS", ["binding", "providerModelId"])
    assert error["existing"] == {"__typename": "ProviderBinding", "id": w.binding}
    other = {**same, "providerModelId": "a, eu-west-1", "region": None}
    created = await call(gql, "createBinding", version={"id": w.first}, binding=other)
    again = {"providerModelId": "a, eu-west-1", "region": None, "binding": {"id": w.binding}}
    (error,) = await user_errors(gql, "updateBinding", **again)
    assert (error["code"], error["path"]) == ("ALREADY_EXISTS", ["providerModelId"])
    assert error["existing"]["id"] == created["binding"]["id"]
    await call(gql, "updateBinding", **{**again, "region": "us"})


@pytest.mark.parametrize(
    ("version", "where"),
    [
        ({"id": "ver_" + "0" * 32}, "version"),
        ({"contentHash": "f" * 64}, "version"),
        ({"inModel": {"model": {"name": "nobody"}, "select": {"latest": True}}}, "version"),
        ({"inModel": {"model": {"name": "m"}, "select": {"number": 99}}}, "version"),
        ({"inModel": {"model": {"name": "m"}, "select": {"alias": "\0"}}}, "version"),
    ],
)
async def test_a_missing_version_is_not_found(
    gql: GraphQL, version: dict[str, Any], where: str
) -> None:
    await world(gql)
    problems = await codes(gql, "createBinding", version=version, binding=binding_input(3))
    assert problems == [("NOT_FOUND", where)]


async def test_latest_false_is_refused(gql: GraphQL) -> None:
    await world(gql)
    version = {"inModel": {"model": {"name": "m"}, "select": {"latest": False}}}
    problems = await codes(gql, "createBinding", version=version, binding=binding_input(3))
    assert problems == [("INVALID", "version.inModel.select")]


async def test_a_version_can_be_referenced_in_every_way(gql: GraphQL) -> None:
    w = await world(gql)
    in_model = [{"latest": True}, {"alias": "production"}, {"version": "2.0.0"}, {"number": 2}]
    ways: list[Any] = [{"id": w.second}, {"contentHash": "0" * 63 + "2"}]
    ways += [{"inModel": {"model": {"name": "m"}, "select": select}} for select in in_model]
    for n, version in enumerate(ways, 20):
        created = await call(gql, "createBinding", version=version, binding=binding_input(n))
        assert created["binding"]["version"]["id"] == w.second


@pytest.mark.parametrize(
    ("config", "is_refused"),
    [
        ({"api_key": "x"}, True),
        ({"apiKey": "x"}, True),
        ({"x-api-key": "x"}, True),
        ({"headers": {"Authorization": "Bearer x"}}, True),
        ({"deep": [{"clientSecret": "x"}]}, True),
        ({"secretKey": "x"}, True),
        ({"password": "x"}, True),
        ({"note": "AKIAIOSFODNN7EXAMPLE"}, True),
        (["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc"], True),
        ({"note": "-----BEGIN RSA PRIVATE KEY-----"}, True),
        ("sk-ant-api03-abcdefghijklmnop", True),
        ({"maxTokens": 4096, "max_tokens": "4096", "tokenizer": "bpe"}, False),
        ({"task": "token-classification", "framework": "sk-learn"}, False),
        ({"library": "sk-learn-compatible-estimator"}, False),
        ({"eos_token": "</s>", "padToken": "<pad>"}, False),
        ({"token": "", "secret": None}, False),
        ({"note": "literally \\u0000"}, False),
        ({"a": 1.5, "b": [True, None, 10**15], "🦜": "\u202e"}, False),
    ],
)
async def test_a_config_with_a_secret_is_refused(
    gql: GraphQL, config: Any, is_refused: bool
) -> None:
    await call(gql, "createProvider", slug="acme", name="A", kind="OTHER")
    await call(gql, "createModel", name="m", task="CHAT")
    version = {"version": "1.0.0", "contentHash": "0" * 64, "region": "eu"}
    binding = {**binding_input(0), "config": config}
    input = {"model": {"name": "m"}, **version, "bindings": [binding]}
    if is_refused:
        problems = await codes(gql, "createVersion", **input)
        assert problems == [("INVALID", "bindings.0.config")]
        return
    created = (await call(gql, "createVersion", **input))["version"]["id"]
    document = """query ($id: ID!) { version(by: {id: $id}) {
        bindings { nodes { config } } } }"""
    shown = await gql(document, id=created)
    assert shown["version"]["bindings"]["nodes"] == [{"config": config}]


async def test_a_price_is_added_to_the_history(gql: GraphQL) -> None:
    w = await world(gql)
    later = {**price_input(9), "inputPer1k": None, "outputPer1k": "0", "components": None}
    payload = await call(gql, "setPrice", binding={"id": w.binding}, price=later)
    assert payload["price"]["inputPer1k"] is None
    assert payload["price"]["outputPer1k"] == "0"
    assert payload["price"]["effectiveFrom"] == "2026-01-31T10:00:09+00:00"
    assert payload["binding"]["id"] == w.binding
    document = """query ($id: ID!) { binding(id: $id) { prices { nodes {
        id effectiveFrom effectiveTo } } } }"""
    prices = (await gql(document, id=w.binding))["binding"]["prices"]["nodes"]
    assert prices[0]["id"] == payload["price"]["id"]
    assert [price["effectiveFrom"][-8:-6] for price in prices] == ["09", "00"]
    assert prices[1]["effectiveTo"] == prices[0]["effectiveFrom"]


async def test_a_second_price_with_the_same_time_is_refused(gql: GraphQL) -> None:
    w = await world(gql)
    (error,) = await user_errors(gql, "setPrice", binding={"id": w.binding}, price=price_input(0))
    assert (error["code"], error["path"]) == ("ALREADY_EXISTS", ["price", "effectiveFrom"])
    document = "query ($id: ID!) { binding(id: $id) { price { __typename id } } }"
    assert error["existing"] == (await gql(document, id=w.binding))["binding"]["price"]


async def test_all_problems_of_a_price_have_its_path(gql: GraphQL) -> None:
    w = await world(gql)
    price = {
        "inputPer1k": "-0.1",
        "outputPer1k": "10000000000",
        "cacheReadPer1k": "1." + "0" * 40 + "1",
        "source": "a\0b",
    }
    problems = await codes(gql, "setPrice", binding={"id": w.binding}, price=price)
    assert problems == [("INVALID", f"price.{name}") for name in price]
    problems = await codes(gql, "setPrice", binding={"id": "bnd_"}, price={})
    assert problems == [("NOT_FOUND", "binding")]
    await call(gql, "setPrice", binding={"id": w.binding}, price={})  # all unknown, from now on


async def test_a_binding_is_deleted_with_its_prices(gql: GraphQL, database_url: str) -> None:
    w = await world(gql)
    assert (await call(gql, "deleteBinding", binding={"id": w.binding}))["deletedId"] == w.binding
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM prices").fetchone() == (0,)
