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
from tests.graphql import GraphQL

_AMOUNTS = ("0", "0.001", "0.0015", "0.002", "0.5", None)
_PAGE = """query ($first: Int, $last: Int, $after: String, $before: String) {{
    bindings(first: $first, last: $last, after: $after, before: $before, {arguments}) {{
        nodes {{ id price {{ {field} }} }}
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
_FIELDS = {"INPUT_PER_1K": "inputPer1k", "OUTPUT_PER_1K": "outputPer1k"}
_RANGES = {  # by the argument of the filter; None: without it
    '{gte: "0.001", lte: "0.002"}': (Decimal("0.001"), Decimal("0.002")),
    '{gte: "0.0015"}': (Decimal("0.0015"), Decimal(9)),
    '{lte: "0.0015"}': (Decimal(0), Decimal("0.0015")),
    None: None,
}


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
            input_, output = (rng.choice(_AMOUNTS) for _ in range(2))
            await factories.price(db, binding, input_, output_per_1k=output, effective_from=since)


def _expected(
    nodes: list[tuple[str, Decimal | None]], within: str | None, descending: bool
) -> list[str]:
    """The ids in order, by Python: unknown ones last, and in no range."""
    known = [(amount, key) for key, amount in nodes if amount is not None]
    unknown = [key for key, amount in nodes if amount is None]
    ordered = sorted(known, reverse=descending)
    if bounds := _RANGES[within]:
        return [key for amount, key in ordered if bounds[0] <= amount <= bounds[1]]
    return [key for _, key in ordered] + sorted(unknown, reverse=descending)


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("within", _RANGES)
@pytest.mark.parametrize("key", _FIELDS)
async def test_pages_have_the_prices_in_effect_in_order(
    gql: GraphQL, key: str, within: str | None, direction: str
) -> None:
    field = _FIELDS[key]
    data = await gql(_PAGE.format(arguments="orderBy: {field: PRIORITY}", field=field), first=100)
    nodes = [
        (ids.decode(ids.BINDING, node["id"]), (node["price"] or {}).get(field))
        for node in data["bindings"]["nodes"]
    ]
    amounts = [(str(k), None if amount is None else Decimal(amount)) for k, amount in nodes]
    expected = _expected(amounts, within, direction == "DESC")
    assert 5 < len(expected) <= len(nodes)
    arguments = f"orderBy: {{field: {key}, direction: {direction}}}"
    if within is not None:
        arguments += f", filter: {{{field}: {within}}}"
    document = _PAGE.format(arguments=arguments, field=field)
    for backward in (False, True):
        assert await _walked(gql, document, backward) == expected


async def _walked(gql: GraphQL, document: str, backward: bool) -> list[str]:
    count, cursor, end, more = (
        ("last", "before", "startCursor", "hasPreviousPage")
        if backward
        else ("first", "after", "endCursor", "hasNextPage")
    )
    found: list[str] = []
    position = None
    while True:
        page = (await gql(document, **{count: 3, cursor: position}))["bindings"]
        keys = [str(ids.decode(ids.BINDING, node["id"])) for node in page["nodes"]]
        found = keys + found if backward else found + keys
        if not page["pageInfo"][more]:
            return found
        position = page["pageInfo"][end]
