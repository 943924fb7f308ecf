"""Prices by components: they must not contradict the amounts per 1,000 tokens."""

from datetime import date
from typing import Any

from domain.rules import PRICE_COMPONENTS_MAX
from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing.cases import world
from tests.resolvers.writing.mutations import call, codes

BASE = {"meter": "INPUT", "amount": "0.5"}
TIER = {**BASE, "amount": "0.7", "aboveInputTokens": 1_000}


async def _problems(gql: GraphQL, price: Any) -> Any:
    return await codes(gql, "setPrice", binding={"id": (await world(gql)).binding}, price=price)


async def test_amounts_are_those_of_the_components(gql: GraphQL) -> None:
    binding = {"id": (await world(gql)).binding}
    payload = await call(gql, "setPrice", binding=binding, price={"components": [TIER, BASE]})
    price = payload["price"]
    assert (price["inputPer1k"], price["outputPer1k"]) == ("0.5", None)
    assert [each["amount"] for each in price["components"]] == ["0.5", "0.7"]


async def test_a_contradiction_has_the_name_of_the_field(gql: GraphQL) -> None:
    price = {"inputPer1k": "0.6", "outputPer1k": "1", "components": [BASE]}
    assert await _problems(gql, price) == [
        ("INVALID", "price.inputPer1k"),
        ("INVALID", "price.outputPer1k"),
    ]


async def test_each_wrong_component_is_named(gql: GraphQL) -> None:
    wrong = {"meter": "OUTPUT", "amount": "-1", "aboveInputTokens": -1}
    assert await _problems(gql, {"components": [BASE, wrong, TIER, BASE]}) == [
        ("INVALID", "price.components.1.amount"),
        ("INVALID", "price.components.1.aboveInputTokens"),
        ("INVALID", "price.components.3.meter"),
    ]


async def test_the_number_of_components_is_limited(gql: GraphQL) -> None:
    tiers = [{**BASE, "aboveInputTokens": n} for n in range(PRICE_COMPONENTS_MAX + 1)]
    assert await _problems(gql, {"components": tiers}) == [("INVALID", "price.components")]
    binding = (await gql("{ bindings { nodes { id } } }"))["bindings"]["nodes"][0]
    await call(gql, "setPrice", binding=binding, price={"components": tiers[1:]})


async def test_the_added_price_is_shown_before_the_release(gql: GraphQL) -> None:
    version = await factories.version(
        gql.db, await factories.model(gql.db), released_on=date(2999, 1, 1)
    )
    row = await factories.binding(gql.db, version)
    payload = await call(gql, "setPrice", binding={"id": row.node_id}, price={"components": [BASE]})
    assert payload["price"]["inputPer1k"] == "0.5"
    [node] = (await gql("{ bindings { nodes { price { id } prices { nodes { id } } } } }"))[
        "bindings"
    ]["nodes"]
    assert node == {"price": None, "prices": {"nodes": [{"id": payload["price"]["id"]}]}}
