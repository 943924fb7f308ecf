"""What a call costs, at the price in effect at a time."""

from datetime import date
from typing import Any

from tests import factories
from tests.graphql import GraphQL

DOCUMENT = """query ($usage: UsageInput!, $at: DateTime) { bindings { nodes {
    estimateCost(usage: $usage, at: $at) {
        amount parts { meter quantity amount } unpriced } } } }"""
USAGE = {"inputTokens": 2_000, "cacheReadTokens": 500}


async def _estimate(gql: GraphQL, usage: Any, at: str | None = None) -> Any:
    data = await gql(DOCUMENT, usage=usage, at=at)
    return data["bindings"]["nodes"][0]["estimateCost"]


async def test_a_call_costs_the_price_in_effect(gql: GraphQL) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db))
    binding = await factories.binding(gql.db, version)
    await factories.price(gql.db, binding, "2", effective_from=None, cache_read_per_1k=1)
    await factories.price(gql.db, binding, "4")
    assert await _estimate(gql, USAGE) == {
        "amount": "8",
        "parts": [{"meter": "INPUT", "quantity": "2000", "amount": "8"}],
        "unpriced": [],
    }
    assert await _estimate(gql, USAGE, "2019-01-01T00:00:00Z") == {
        "amount": "3.5",
        "parts": [
            {"meter": "CACHE_READ", "quantity": "500", "amount": "0.5"},
            {"meter": "INPUT", "quantity": "1500", "amount": "3"},
        ],
        "unpriced": [],
    }


async def test_without_a_price_every_meter_is_named(gql: GraphQL) -> None:
    version = await factories.version(
        gql.db, await factories.model(gql.db), released_on=date(2026, 1, 1)
    )
    binding = await factories.binding(gql.db, version)
    await factories.price(gql.db, binding, "2", effective_from=None)
    unpriced = {"amount": None, "parts": [], "unpriced": ["CACHE_READ", "INPUT"]}
    assert await _estimate(gql, USAGE, "2025-12-31T23:59:59Z") == unpriced
    assert (await _estimate(gql, USAGE, "2026-01-01T00:00:00Z"))["amount"] == "4"


async def test_parts_of_more_tokens_than_the_whole_are_refused(gql: GraphQL) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db))
    await factories.binding(gql.db, version)
    usage = {"inputTokens": 1, "cacheReadTokens": 2}
    _, message = await gql.error(DOCUMENT, usage=usage)
    assert message.startswith("usage.inputTokens must include the 2 tokens")
