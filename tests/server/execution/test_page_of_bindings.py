"""The default limits allow what a dashboard asks of a page of bindings."""

import httpx

PAGE = """{ bindings(first: 50) { nodes {
    url contextWindow maxOutputTokens capabilities requestsPerMinute tokensPerMinute
    price { inputPer1k components { meter unit amount aboveInputTokens variant } }
    estimateCost(usage: {inputTokens: 1000}) { amount }
    entries { key catalog { name } differences { field because } }
} } }"""


async def test_a_page_of_bindings_with_prices_limits_and_entries_is_within_the_limits(
    client: httpx.AsyncClient,
) -> None:
    response = await client.post("/graphql", json={"query": PAGE})
    assert response.json() == {"data": {"bindings": {"nodes": []}}}
