"""The order by estimated cost computes what estimateCost says, for every price and usage."""

import random
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from db.postgres.engine import Database
from db.reads import bindings, keyset
from db.reads.windows import Window
from domain import costs, prices
from domain.costs import Usage
from domain.enums import PriceMeter, PriceUnit, PriceVariant
from domain.prices import PriceComponent
from tests import factories
from tests.db.clones import opened
from tests.graphql import GraphQL

METERS = [
    *((meter, PriceUnit.TOKENS_1K) for meter in PriceMeter if meter is not PriceMeter.REQUEST),
    (PriceMeter.IMAGE_OUTPUT, PriceUnit.IMAGE),
    (PriceMeter.REQUEST, PriceUnit.REQUEST),
    (PriceMeter.INPUT, PriceUnit.CHARACTERS_1K),
]
PAGES = """query ($usage: UsageInput!, $after: String, $direction: OrderDirection!) {
  bindings(first: 7, after: $after,
           orderBy: {field: ESTIMATED_COST, direction: $direction, usage: $usage}) {
    pageInfo { hasNextPage endCursor }
    nodes { id estimateCost(usage: $usage) { amount } }
  }
}"""


def _components(rng: random.Random) -> list[PriceComponent]:
    """A price: in a third of the cases one that its columns say, else of tiers and variants."""
    amounts = [Decimal(text) for text in ("0", "0.0000000001", "0.0025", "2", "9999999999.5")]
    if rng.random() < 0.3:
        chosen = rng.sample(list(prices.COLUMNS.values()), rng.randrange(5))
        return [PriceComponent(m, PriceUnit.TOKENS_1K, rng.choice(amounts)) for m in chosen]
    found = {}
    for _ in range(rng.randrange(12)):
        meter, unit = rng.choice(METERS[:4] if rng.random() < 0.6 else METERS)
        tier = rng.choice([0, 0, 1_000, 200_000])
        variant = rng.choice([PriceVariant.STANDARD, PriceVariant.STANDARD, PriceVariant.BATCH])
        found[meter, unit, tier, variant] = PriceComponent(
            meter, unit, rng.choice(amounts), tier, variant
        )
    return list(found.values())


def _usage(rng: random.Random) -> Usage:
    def some() -> int:
        return rng.choice([0, 0, 1, 500, 1_000])

    parts = {
        "cache_read_tokens": some(),
        "cache_write_tokens": some(),
        "audio_input_tokens": some(),
    }
    of_output = {"reasoning_tokens": some(), "audio_output_tokens": some()}
    return Usage(
        input_tokens=sum(parts.values()) + rng.choice([0, 1_000, 200_001]),
        output_tokens=sum(of_output.values()) + some(),
        images=rng.choice([0, 0, 3]),
        requests=rng.choice([0, 1, 2]),
        variant=rng.choice([PriceVariant.STANDARD, PriceVariant.STANDARD, PriceVariant.BATCH]),
        **parts,
        **of_output,
    )


@pytest.fixture(scope="module")
async def registry(postgres_url: str, template: str) -> AsyncIterator[tuple[Database, Any]]:
    """60 bindings, and the price of each by its key; one has none."""
    rng = random.Random(17)
    async with opened(postgres_url, template) as db:
        version = await factories.version(db, await factories.model(db))
        provider = await factories.provider(db)
        price_of = {}
        for number in range(60):
            binding = await factories.binding(db, version, provider)
            price_of[binding.id] = components = [] if number < 3 else _components(rng)
            if number:
                columns = {**prices.columns(components), "components": prices.to_json(components)}
                amount = columns.pop("input_per_1k")
                text = None if amount is None else str(amount)
                await factories.price(db, binding, text, effective_from=None, **columns)
        yield db, price_of


def _parameters(usage: Usage) -> tuple[tuple[str, Any], ...]:
    return tuple((f"usage_{name}", value) for name, value in usage._asdict().items())


async def test_the_key_is_the_amount_of_the_estimate(registry: tuple[Database, Any]) -> None:
    db, price_of = registry
    rng = random.Random(18)
    known = 0
    for _ in range(150):
        usage = _usage(rng)
        assert costs.problem(usage) is None
        window = Window("ESTIMATED_COST", False, 100, parameters=_parameters(usage))
        found = await keyset.one_page(db.reader, bindings.LISTING, {}, window)
        assert len(found.rows) == len(price_of)
        for row in found.rows:
            amount = costs.estimate(price_of[row.id], usage).amount
            expected = Decimal("Infinity") if amount is None else amount
            assert row.sort_key == expected, (usage, price_of[row.id])
            known += amount is not None
    assert 1_000 < known < 150 * 60 - 1_000


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_all_pages_are_in_the_order_of_the_estimates(
    registry: tuple[Database, Any], direction: str
) -> None:
    db, price_of = registry
    gql, usage = GraphQL(db), {"inputTokens": 3_000, "cacheReadTokens": 500, "outputTokens": 7}
    seen: list[Any] = []
    after, has_more = None, True
    while has_more:
        data = await gql(PAGES, usage=usage, after=after, direction=direction)
        page = data["bindings"]
        seen += page["nodes"]
        after, has_more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert len({node["id"] for node in seen}) == len(seen) == len(price_of)
    amounts = [node["estimateCost"]["amount"] for node in seen]
    known = [Decimal(amount) for amount in amounts if amount is not None]
    assert 10 < len(known) < len(seen)
    assert known == sorted(known, reverse=direction == "DESC")
    assert amounts[len(known) :] == [None] * (len(seen) - len(known))


async def test_a_version_that_is_released_later_has_no_price_yet(gql: GraphQL) -> None:
    model = await factories.model(gql.db)
    for released_on in (date(2999, 1, 1), date(2020, 1, 1)):
        version = await factories.version(gql.db, model, released_on=released_on)
        binding = await factories.binding(gql.db, version)
        await factories.price(gql.db, binding, "1")
    data = await gql(PAGES, usage={"inputTokens": 1}, direction="ASC")
    amounts = [node["estimateCost"]["amount"] for node in data["bindings"]["nodes"]]
    assert amounts == ["0.001", None]


async def test_a_usage_is_checked_where_it_is_used(gql: GraphQL) -> None:
    order = "query ($order: BindingOrder) { bindings(orderBy: $order) { nodes { id } } }"
    wrong = {"field": "ESTIMATED_COST", "usage": {"inputTokens": 1, "cacheReadTokens": 2}}
    code, message = await gql.error(order, order=wrong)
    assert (code, message.partition(" ")[0]) == ("BAD_USER_INPUT", "orderBy.usage.inputTokens")
    assert await gql(order, order={**wrong, "field": "LATENCY"}) == {"bindings": {"nodes": []}}


async def test_a_cursor_of_another_usage_is_refused(gql: GraphQL) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db))
    await factories.binding(gql.db, version)
    page = await gql(PAGES, usage={"inputTokens": 1}, direction="ASC")
    after = page["bindings"]["pageInfo"]["endCursor"]
    other = {"usage": {"inputTokens": 2}, "after": after, "direction": "ASC"}
    assert (await gql.error(PAGES, **other))[0] == "BAD_CURSOR"


async def test_the_usage_is_a_thousand_tokens_each_by_default(gql: GraphQL) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db))
    for output in ("3", "1"):
        binding = await factories.binding(gql.db, version)
        await factories.price(gql.db, binding, "1", output_per_1k=Decimal(output))
    data = await gql(
        """{ bindings(orderBy: {field: ESTIMATED_COST}) { nodes { price { outputPer1k } } } }"""
    )
    outputs = [node["price"]["outputPer1k"] for node in data["bindings"]["nodes"]]
    assert outputs == ["1", "3"]
