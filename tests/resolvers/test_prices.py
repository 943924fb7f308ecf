"""Prices: the one in effect at a time, until when it holds, and what unknown means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.tables import ProviderBinding
from tests import factories
from tests.graphql import GraphQL

YEAR = timedelta(days=365)
NOW = datetime.now(UTC)
YEAR_1 = datetime(1, 1, 1, tzinfo=UTC)
PRICE = "price(at: $at) { inputPer1k outputPer1k cacheReadPer1k effectiveFrom effectiveTo source }"


@pytest.fixture
async def binding(gql: GraphQL) -> ProviderBinding:
    """One with four prices: since 2020, since 2021 in part, for a year, and in a year."""
    version = await factories.version(gql.db, await factories.model(gql.db))
    row = await factories.binding(gql.db, version)
    amounts = {"output_per_1k": 2, "cache_read_per_1k": 0, "source": "list"}
    await factories.price(gql.db, row, "9", effective_from=NOW + YEAR)  # written out of order
    await factories.price(gql.db, row, "1", **amounts)
    await factories.price(gql.db, row, None, effective_from=factories.EPOCH + YEAR)
    await factories.price(gql.db, row, "0.0025", effective_from=NOW - YEAR)
    other = await factories.binding(gql.db, version)
    await factories.price(gql.db, other, "77", effective_from=NOW - timedelta(days=1))
    return row


async def _price(gql: GraphQL, binding: ProviderBinding, at: datetime | None) -> Any:
    document = f"query ($id: ID!, $at: DateTime) {{ binding(id: $id) {{ {PRICE} }} }}"
    data = await gql(document, id=binding.node_id, at=at and at.isoformat())
    return data["binding"]["price"]


async def test_the_price_now_is_the_newest_in_effect(
    gql: GraphQL, binding: ProviderBinding
) -> None:
    expected = {
        "inputPer1k": "0.0025",
        "outputPer1k": None,
        "cacheReadPer1k": None,
        "effectiveFrom": (NOW - YEAR).isoformat(),
        "effectiveTo": (NOW + YEAR).isoformat(),
        "source": None,
    }
    assert await _price(gql, binding, None) == expected
    assert await _price(gql, binding, NOW) == expected
    fields = PRICE.replace("(at: $at)", "")
    data = await gql(f"query ($id: ID!) {{ binding(id: $id) {{ {fields} }} }}", id=binding.node_id)
    assert data["binding"]["price"] == expected


@pytest.mark.parametrize(
    ("at", "amount"),
    [
        (factories.EPOCH, "1"),
        (factories.EPOCH + YEAR - timedelta(microseconds=1), "1"),
        (factories.EPOCH + YEAR, None),  # a price without this component
        (NOW - YEAR - timedelta(microseconds=1), None),
        (NOW - YEAR, "0.0025"),
        (NOW + YEAR - timedelta(microseconds=1), "0.0025"),
        (NOW + YEAR, "9"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9"),
    ],
)
async def test_a_price_holds_from_its_time_to_the_next(
    gql: GraphQL, binding: ProviderBinding, at: datetime, amount: str | None
) -> None:
    price = await _price(gql, binding, at)
    assert price["inputPer1k"] == amount
    assert datetime.fromisoformat(price["effectiveFrom"]) <= at
    ends = price["effectiveTo"]
    assert ends is None or at < datetime.fromisoformat(ends)


async def test_free_is_not_unknown(gql: GraphQL, binding: ProviderBinding) -> None:
    first = await _price(gql, binding, factories.EPOCH)
    assert (first["cacheReadPer1k"], first["outputPer1k"]) == ("0", "2")
    second = await _price(gql, binding, factories.EPOCH + YEAR)
    assert (second["cacheReadPer1k"], second["outputPer1k"]) == (None, None)


@pytest.mark.parametrize("at", [factories.EPOCH - timedelta(microseconds=1), YEAR_1])
async def test_before_its_first_price_it_is_unknown(
    gql: GraphQL, binding: ProviderBinding, at: datetime
) -> None:
    assert await _price(gql, binding, at) is None


async def test_a_binding_without_prices_has_none(gql: GraphQL) -> None:
    row = await factories.binding(
        gql.db, await factories.version(gql.db, await factories.model(gql.db))
    )
    assert await _price(gql, row, None) is None
    await factories.price(gql.db, row, "1", effective_from=NOW + YEAR)
    assert await _price(gql, row, None) is None


async def test_the_history_is_newest_first(gql: GraphQL, binding: ProviderBinding) -> None:
    document = """query ($id: ID!) { binding(id: $id) {
        prices { nodes { inputPer1k effectiveFrom effectiveTo } } } }"""
    prices = (await gql(document, id=binding.node_id))["binding"]["prices"]["nodes"]
    assert [price["inputPer1k"] for price in prices] == ["9", "0.0025", None, "1"]
    ends = [price["effectiveTo"] for price in prices]
    assert ends == [None, *(price["effectiveFrom"] for price in prices[:-1])]


async def test_each_time_asked_for_has_its_own_answer(
    gql: GraphQL, binding: ProviderBinding
) -> None:
    data = await gql(
        """query ($then: DateTime) { bindings(orderBy: {field: CREATED_AT}) { nodes {
            now: price { inputPer1k } then: price(at: $then) { inputPer1k }
            prices { nodes { inputPer1k } } } } }""",
        then=factories.EPOCH.isoformat(),
    )
    first, second = data["bindings"]["nodes"]
    assert (first["now"], first["then"]) == ({"inputPer1k": "0.0025"}, {"inputPer1k": "1"})
    assert (second["now"], second["then"]) == ({"inputPer1k": "77"}, None)
    assert [len(each["prices"]["nodes"]) for each in (first, second)] == [4, 1]


async def test_a_price_of_unknown_start_is_the_oldest(gql: GraphQL) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db))
    row = await factories.binding(gql.db, version)
    await factories.price(gql.db, row, "1", effective_from=None)
    await factories.price(gql.db, row, "2")
    assert (await _price(gql, row, YEAR_1))["inputPer1k"] == "1"
    assert (await _price(gql, row, YEAR_1))["effectiveFrom"] is None
    document = """query ($id: ID!, $after: String) { binding(id: $id) {
        prices(first: 1, after: $after) {
            nodes { inputPer1k effectiveFrom scheduled } pageInfo { endCursor } } } }"""
    after, found = None, []
    for _ in range(3):
        page = (await gql(document, id=row.node_id, after=after))["binding"]["prices"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"] or after
    since = factories.EPOCH.isoformat()
    assert found == [
        {"inputPer1k": "2", "effectiveFrom": since, "scheduled": False},
        {"inputPer1k": "1", "effectiveFrom": None, "scheduled": False},
    ]
    events = "{ auditEvents { nodes { kind changes { field after } } } }"
    nodes = (await gql(events))["auditEvents"]["nodes"]
    starts = [
        change["after"]
        for node in nodes
        if node["kind"] == "PRICE"
        for change in node["changes"]
        if change["field"] == "effectiveFrom"
    ]
    assert starts == [since, None]
