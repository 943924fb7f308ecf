"""Providers: finding one, filtering many, and what they serve."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.enums import ProviderKind
from tests import factories
from tests.db.clones import opened
from tests.graphql import GraphQL

ALL = ["azure", "bedrock", "openai"]


@pytest.fixture(scope="module")
async def gql(postgres_url: str, template: str) -> AsyncIterator[GraphQL]:
    """Three providers, one of which serves two bindings."""
    async with opened(postgres_url, template) as db:
        values: list[tuple[str, dict[str, Any]]] = [
            ("openai", {"name": "OpenAI", "api_base": "https://api.openai.com/v1"}),
            ("azure", {"name": "Azure 100% ÖFFENTLICH", "kind": ProviderKind.AZURE}),
            ("bedrock", {"name": "Amazon_Bedrock", "kind": ProviderKind.BEDROCK}),
        ]
        rows = [await factories.provider(db, slug=slug, **columns) for slug, columns in values]
        version = await factories.version(db, await factories.model(db))
        await factories.binding(db, version, rows[0], priority=2, region="eu")
        await factories.binding(db, version, rows[0], priority=1, region="us")
        yield GraphQL(db)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", ALL),
        ('slugs: ["openai", "azure", "nobody"]', ["azure", "openai"]),
        ('slugs: ["OpenAI"]', []),
        ("slugs: []", []),
        ("slugs: null", ALL),
        ("kinds: AZURE", ["azure"]),
        ("kinds: [OPENAI, BEDROCK]", ["bedrock", "openai"]),
        ("kinds: []", []),
        ('nameContains: "openai"', ["openai"]),
        ('nameContains: "BEDROCK"', ["bedrock"]),
        ('nameContains: "a"', ALL),
        ('nameContains: "%"', ["azure"]),
        ('nameContains: "n_b"', ["bedrock"]),
        ('nameContains: "_____"', []),
        ('nameContains: "0% "', ["azure"]),
        ('nameContains: "Öff"', ["azure"]),
        ('kinds: AZURE, slugs: ["openai"]', []),
    ],
)
async def test_a_filter_selects_matching_providers(
    gql: GraphQL, condition: str, expected: list[str]
) -> None:
    page = f"providers(filter: {{{condition}}}) {{ totalCount nodes {{ slug }} }}"
    data = (await gql(f"{{ {page} }}"))["providers"]
    assert [node["slug"] for node in data["nodes"]] == expected
    assert data["totalCount"] == len(expected)


async def test_providers_are_paged_by_slug(gql: GraphQL) -> None:
    document = """query ($after: String, $before: String, $first: Int, $last: Int) {
        providers(first: $first, after: $after, last: $last, before: $before) {
        nodes { slug } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    first = (await gql(document, first=2))["providers"]
    assert [node["slug"] for node in first["nodes"]] == ALL[:2]
    assert first["pageInfo"]["hasNextPage"]
    rest = (await gql(document, first=2, after=first["pageInfo"]["endCursor"]))["providers"]
    assert [node["slug"] for node in rest["nodes"]] == ALL[2:]
    assert not rest["pageInfo"]["hasNextPage"]
    back = (await gql(document, last=1, before=rest["pageInfo"]["startCursor"]))["providers"]
    assert [node["slug"] for node in back["nodes"]] == ALL[1:2]
    assert back["pageInfo"]["hasPreviousPage"]


async def test_one_provider_is_found_by_slug(gql: GraphQL) -> None:
    fields = "name kind apiBase docsUrl bindings { totalCount nodes { priority region } }"
    data = await gql(f'{{ provider(slug: "openai") {{ {fields} }} }}')
    assert data["provider"] == {
        "name": "OpenAI",
        "kind": "OPENAI",
        "apiBase": "https://api.openai.com/v1",
        "docsUrl": None,
        "bindings": {
            "totalCount": 2,
            "nodes": [{"priority": 1, "region": "us"}, {"priority": 2, "region": "eu"}],
        },
    }
    for nobody in ("nobody", "", "OPENAI"):
        assert await gql(f'{{ provider(slug: "{nobody}") {{ id }} }}') == {"provider": None}
