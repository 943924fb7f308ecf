"""Bindings in the order and in a range of the price in effect now, beside past and future ones."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from db.postgres.engine import Database
from domain import ids
from tests import factories
from tests.db.clones import opened
from tests.db.reads.price_orders import AMOUNTS, FIELDS, RANGES, arguments, expected, walked
from tests.graphql import GraphQL


@pytest.fixture(scope="module")
async def gql(postgres_url: str, template: str) -> AsyncIterator[GraphQL]:
    """Bindings with up to two past prices and a future one, each of an amount or of none."""
    async with opened(postgres_url, template) as db:
        await _insert(db, random.Random(5))
        yield GraphQL(db)


async def _insert(db: Database, rng: random.Random) -> None:
    provider = await factories.provider(db)
    model = await factories.model(db)
    version = await factories.version(db, model)
    for _ in range(40):
        binding = await factories.binding(db, version, provider)
        for days in rng.sample((0, 400, 36_500), rng.randrange(4)):
            since = factories.EPOCH + timedelta(days=days)
            input_, output = (rng.choice(AMOUNTS) for _ in range(2))
            await factories.price(db, binding, input_, output_per_1k=output, effective_from=since)


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("within", RANGES)
@pytest.mark.parametrize("key", FIELDS)
async def test_pages_have_the_prices_in_effect_in_order(
    gql: GraphQL, key: str, within: str | None, direction: str
) -> None:
    field = FIELDS[key]
    data = await gql(f"{{ bindings(first: 100) {{ nodes {{ id price {{ {field} }} }} }} }}")
    texts = {
        str(ids.decode(ids.BINDING, node["id"])): (node["price"] or {}).get(field)
        for node in data["bindings"]["nodes"]
    }
    amounts = {key: None if text is None else Decimal(text) for key, text in texts.items()}
    bindings = expected(amounts, within, descending=direction == "DESC")
    assert 5 < len(bindings) <= len(amounts)
    given = arguments(key, within, direction)
    for backward in (False, True):
        assert await walked(gql, "bindings", given, 3, backward=backward) == bindings
