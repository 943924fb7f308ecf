"""Changes of prices over all bindings: what they are, their order, and their filter."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from db.tables import ProviderBinding
from domain import prices
from domain.enums import PriceMeter, PriceUnit
from domain.prices import PriceComponent
from tests import factories
from tests.factories import EPOCH
from tests.graphql import GraphQL

CHANGES = """query ($filter: PriceChangeFilter, $first: Int, $after: String) {
  priceChanges(filter: $filter, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      at scheduled source inputPer1kBefore inputPer1kAfter inputChange
      outputPer1kBefore outputPer1kAfter outputChange
      before { id effectiveFrom components { amount aboveInputTokens } }
      after { id effectiveFrom components { amount aboveInputTokens } }
      binding { id modelName providerSlug }
    }
  }
}"""
FUTURE = 700_000  # days since 2020


async def _changes(gql: GraphQL, **filter: Any) -> list[dict[str, Any]]:
    page = (await gql(CHANGES, filter=filter))["priceChanges"]
    assert page["totalCount"] == len(page["nodes"])
    return list(page["nodes"])


async def _binding(gql: GraphQL) -> ProviderBinding:
    return await factories.binding(
        gql.db, await factories.version(gql.db, await factories.model(gql.db))
    )


async def _price(
    gql: GraphQL, of: ProviderBinding, amount: str | None, days: int | None, **columns: Any
) -> None:
    start = None if days is None else EPOCH + timedelta(days=days)
    await factories.price(gql.db, of, amount, effective_from=start, **columns)


async def test_a_change_has_both_prices_and_the_share(gql: GraphQL) -> None:
    binding = await _binding(gql)
    await _price(gql, binding, "0.002", None, output_per_1k=4)
    await _price(gql, binding, "0.0025", 1, output_per_1k=1, source="price list")
    [change] = await _changes(gql)
    before, after = change.pop("before"), change.pop("after")
    assert (before["effectiveFrom"], after["effectiveFrom"]) == (None, change["at"])
    assert [each["amount"] for each in after["components"]] == ["0.0025", "1"]
    assert change.pop("binding")["id"] == binding.node_id
    assert change == {
        "at": "2020-01-02T00:00:00+00:00",
        "scheduled": False,
        "source": "price list",
        "inputPer1kBefore": "0.002",
        "inputPer1kAfter": "0.0025",
        "inputChange": 0.25,
        "outputPer1kBefore": "4",
        "outputPer1kAfter": "1",
        "outputChange": -0.75,
    }


async def test_shares_of_nothing_and_of_the_unknown_are_null(gql: GraphQL) -> None:
    binding = await _binding(gql)
    for day, amount in enumerate(("0", "1", None, "2")):
        await _price(gql, binding, amount, day)
    newest, withdrawn, first = await _changes(gql)
    shown = [(c["inputPer1kBefore"], c["inputPer1kAfter"]) for c in (first, withdrawn, newest)]
    assert shown == [("0", "1"), ("1", None), (None, "2")]
    assert [c["inputChange"] for c in (first, withdrawn, newest)] == [None] * 3


async def test_an_equal_price_is_no_change_and_a_tier_is_one(gql: GraphQL) -> None:
    binding = await _binding(gql)
    await _price(gql, binding, "1", 0)
    await _price(gql, binding, "1", 1, source="another")
    tier = PriceComponent(PriceMeter.INPUT, PriceUnit.TOKENS_1K, Decimal(2), 200_000)
    base = prices.of_columns({"input_per_1k": "1"})
    await _price(gql, binding, "1", 2, components=prices.to_json([*base, tier]))
    [change] = await _changes(gql)
    assert (change["at"], change["inputChange"]) == ("2020-01-03T00:00:00+00:00", 0.0)
    assert [c["aboveInputTokens"] for c in change["after"]["components"]] == [0, 200_000]


async def test_changes_of_all_bindings_come_latest_first_page_by_page(gql: GraphQL) -> None:
    days = [[0, 3, 9], [1, 3], [2, FUTURE], [5]]
    for of_binding in days:
        binding = await _binding(gql)
        for number, day in enumerate(of_binding):
            await _price(gql, binding, str(number + 1), day)
    seen: list[Any] = []
    after, has_more = None, True
    while has_more:
        page = (await gql(CHANGES, first=2, after=after))["priceChanges"]
        seen += page["nodes"]
        after, has_more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    expected = [EPOCH + timedelta(days=day) for day in (FUTURE, 9, 3, 3)]
    assert [node["at"] for node in seen] == [at.isoformat() for at in expected]
    assert [node["scheduled"] for node in seen] == [True, False, False, False]
    assert len({node["binding"]["id"] for node in seen}) == 3


@pytest.mark.parametrize("key", ["bindings", "models", "providers"])
async def test_a_filter_selects_changes_of_bindings(gql: GraphQL, key: str) -> None:
    for _ in range(2):
        binding = await _binding(gql)
        await _price(gql, binding, "1", 0)
        await _price(gql, binding, "2", 5)
    every = await _changes(gql)
    assert len(every) == 2
    own = every[0]["binding"]
    values = {
        "bindings": [own["id"]],
        "models": [{"name": own["modelName"]}],
        "providers": [own["providerSlug"]],
    }
    assert await _changes(gql, **{key: values[key]}) == [every[0]]
    assert await _changes(gql, **{key: []}) == []


async def test_a_period_selects_by_when_a_change_takes_effect(gql: GraphQL) -> None:
    binding = await _binding(gql)
    for day in (0, 1, 2, 3):
        await _price(gql, binding, str(day + 1), day)
    period = {"gte": "2020-01-02T00:00:00Z", "lt": "2020-01-04T00:00:00Z"}
    found = await _changes(gql, at=period)
    assert [change["inputPer1kAfter"] for change in found] == ["3", "2"]


async def test_statements_do_not_grow_with_changes(gql: GraphQL) -> None:
    document = "{ priceChanges { nodes { at inputChange binding { modelName } } } }"
    for _ in range(2):
        binding = await _binding(gql)
        await _price(gql, binding, "1", 0)
        await _price(gql, binding, "2", 5)
    for _ in range(2):
        with gql.statements() as sent:
            data = await gql(document)
    assert len(data["priceChanges"]["nodes"]) == 2
    assert len(sent) == 3, "\n".join(sent)  # the names are looked up: this runs no compiled plan
