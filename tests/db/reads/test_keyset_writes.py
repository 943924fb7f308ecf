"""Concurrent inserts make no page repeat or skip a row."""

import random
from typing import Any

import pytest

from tests import factories
from tests.graphql import GraphQL

WALKS = [
    ("bindings", "{field: PRIORITY}"),
    ("bindings", "{field: SUCCESS_RATE, direction: DESC}"),
    ("bindings", "{field: LATENCY, direction: ASC}"),
    ("bindings", "{field: INPUT_PER_1K, direction: ASC}"),
    ("models", "{field: NAME}"),
    ("models", "{field: CREATED_AT, direction: DESC}"),
]


async def _insert(gql: GraphQL, version: Any, provider: Any, rng: random.Random) -> None:
    await factories.model(gql.db, name=f"{rng.choice('amz')}-{rng.random()}")
    binding = await factories.binding(
        gql.db,
        version,
        provider,
        priority=rng.randrange(3),
        success_rate=rng.choice([None, 0.5, 0.9]),
        latency_ms=rng.choice([None, 10.0, 20.0]),
    )
    await factories.price(gql.db, binding, rng.choice([None, "1", "2"]))


@pytest.mark.parametrize(("connection", "order"), WALKS)
async def test_rows_inserted_between_pages_do_not_affect_the_others(
    gql: GraphQL, connection: str, order: str
) -> None:
    rng = random.Random(order)
    version = await factories.version(gql.db, await factories.model(gql.db))
    provider = await factories.provider(gql.db)
    for _ in range(12):
        await _insert(gql, version, provider, rng)
    field = f"{connection}(first: $first, after: $after, orderBy: {order})"
    document = f"""query ($first: Int, $after: String) {{
        page: {field} {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    before = [node["id"] for node in (await gql(document, first=100))["page"]["nodes"]]
    walked: list[str] = []
    after, has_more = None, True
    while has_more:
        page = (await gql(document, first=3, after=after))["page"]
        walked += [node["id"] for node in page["nodes"]]
        after, has_more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        if len(walked) < 60:
            await _insert(gql, version, provider, rng)
    assert len(walked) == len(set(walked))
    assert [key for key in walked if key in before] == before
