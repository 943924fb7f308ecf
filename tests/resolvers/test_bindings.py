"""Bindings: lookup, filters, and which of them can be called."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.enums import BindingStatus, VersionStatus
from tests import factories
from tests.db.clones import opened
from tests.graphql import GraphQL

ALL = {"a", "b", "c", "d"}
TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)
FUTURE = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(scope="module")
async def gql(postgres_url: str, template: str) -> AsyncIterator[GraphQL]:
    """Four bindings that differ in every field of the filter; c has a future price."""
    async with opened(postgres_url, template) as db:
        one, two = [await factories.provider(db, slug=slug) for slug in ("one", "two")]
        model = await factories.model(db)
        first, second = [await factories.version(db, model) for _ in range(2)]
        specifications: list[tuple[Any, Any, dict[str, Any]]] = [
            (first, one, {"provider_model_id": "a", "region": "eu", "success_rate": 0.5}),
            (first, two, {"provider_model_id": "b", "region": "us", "latency_ms": 20.0}),
            (second, one, {"provider_model_id": "c", "success_rate": 1.0, "latency_ms": 30.0}),
            (second, two, {"provider_model_id": "d", "status": BindingStatus.PENDING}),
        ]
        a, b, c, _ = [
            await factories.binding(db, version, provider, **columns)
            for version, provider, columns in specifications
        ]
        await factories.price(db, a, "0")
        await factories.price(db, b, None)
        await factories.price(db, c, "0.5", effective_from=factories.EPOCH - timedelta(days=1))
        await factories.price(db, c, "0.1000000001")
        await factories.price(db, c, "0.9", effective_from=FUTURE)
        yield GraphQL(db)


async def _matching(gql: GraphQL, condition: str, **variables: Any) -> set[str]:
    declared = "($ids: [ID!]) " if variables else ""
    page = f"bindings(filter: {{{condition}}}) {{ totalCount nodes {{ providerModelId }} }}"
    data = (await gql(f"query {declared}{{ {page} }}", **variables))["bindings"]
    assert data["totalCount"] == len(data["nodes"])
    return {node["providerModelId"] for node in data["nodes"]}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", ALL),
        ("ids: []", set()),
        ('ids: ["nonsense", "ver_00000000000000000000000000000001"]', set()),
        ("versions: []", set()),
        ('versions: ["nonsense"]', set()),
        ('providers: ["one"]', {"a", "c"}),
        ('providers: ["one", "two", "three"]', ALL),
        ("providers: []", set()),
        ('providerModelIds: ["a", "d", "z"]', {"a", "d"}),
        ("providerModelIds: []", set()),
        ('regions: ["eu", "us"]', {"a", "b"}),
        ('regions: [""]', set()),
        ("regions: []", set()),
        ("regions: null", ALL),
        ("statuses: ACTIVE", {"a", "b", "c"}),
        ("statuses: [PENDING, DISABLED]", {"d"}),
        ("statuses: []", set()),
        ("routable: true", {"a", "b", "c"}),
        ("routable: false", {"d"}),
        ("routable: null", ALL),
        ("successRate: {gte: 0.6}", {"c"}),
        ("successRate: {lte: 0.6}", {"a"}),
        ("successRate: {gte: 0.5, lte: 1}", {"a", "c"}),
        ("successRate: {}", {"a", "c"}),
        ("latencyMs: {gte: 20}", {"b", "c"}),
        ("latencyMs: {lte: 20.0}", {"b"}),
        ("latencyMs: {gte: 21, lte: 29}", set()),
        ("healthStates: UNKNOWN", ALL),
        ("healthStates: [HEALTHY, DEGRADED]", set()),
        ("healthStates: []", set()),
        ('inputPer1k: {lte: "0.2"}', {"a", "c"}),  # unknown is not free, and free is known
        ('inputPer1k: {gte: "0.1"}', {"c"}),
        ('inputPer1k: {gte: "0.10000000005", lte: "0.10000000015"}', {"c"}),
        ('inputPer1k: {gte: "0.5"}', set()),  # neither the past nor the future price counts
        ('inputPer1k: {gte: "0", lte: "0"}', {"a"}),
        ("inputPer1k: {}", {"a", "c"}),
        ("inputPer1k: null", ALL),
        ('providers: ["one"], latencyMs: {gte: 0}', {"c"}),
    ],
)
async def test_a_filter_selects_matching_bindings(
    gql: GraphQL, condition: str, expected: set[str]
) -> None:
    assert await _matching(gql, condition) == expected


async def test_ids_select_bindings_and_versions(gql: GraphQL) -> None:
    page = 'bindings(filter: {providerModelIds: ["a"]}) { nodes { id version { id } } }'
    (node,) = (await gql(f"{{ {page} }}"))["bindings"]["nodes"]
    binding, version = node["id"], node["version"]["id"]
    assert await _matching(gql, "ids: $ids", ids=[binding, binding, version]) == {"a"}
    assert await _matching(gql, "versions: $ids", ids=[version, binding]) == {"a", "b"}
    one = "query ($id: ID!) { binding(id: $id) { providerModelId } }"
    assert await gql(one, id=binding) == {"binding": {"providerModelId": "a"}}
    for nothing in (version, "", "nonsense", binding[:-1], binding.upper()):
        assert await gql(one, id=nothing) == {"binding": None}


async def test_bindings_are_ordered_by_the_price_in_effect(gql: GraphQL) -> None:
    document = """{ bindings(orderBy: {field: INPUT_PER_1K}) {
        nodes { providerModelId price { inputPer1k } } } }"""
    nodes = (await gql(document))["bindings"]["nodes"]
    known = [node for node in nodes if node["price"] and node["price"]["inputPer1k"]]
    assert [node["providerModelId"] for node in known] == ["a", "c"]
    assert nodes[:2] == known


async def test_each_binding_has_its_provider_and_version(gql: GraphQL) -> None:
    """Several bindings share a version and a provider; each has its own."""
    document = """{ bindings(orderBy: {field: CREATED_AT, direction: ASC}) { nodes {
        provider { slug } version { bindings { nodes { providerModelId } } } } } }"""
    nodes = (await gql(document))["bindings"]["nodes"]
    assert [node["provider"]["slug"] for node in nodes] == ["one", "two", "one", "two"]
    served = [
        {each["providerModelId"] for each in node["version"]["bindings"]["nodes"]} for node in nodes
    ]
    assert served == [{"a", "b"}, {"a", "b"}, {"c", "d"}, {"c", "d"}]


async def test_health_is_unknown_without_outcomes(gql: GraphQL) -> None:
    fields = "state samples windowMinutes successRate latencyMsP95 lastOutcomeAt"
    circuit = "circuit { state openUntil reason consecutiveFailures }"
    data = await gql(f"{{ bindings(first: 1) {{ nodes {{ health {{ {fields} {circuit} }} }} }} }}")
    assert data["bindings"]["nodes"][0]["health"] == {
        "state": "UNKNOWN",
        "samples": 0,
        "windowMinutes": 15,
        "successRate": None,
        "latencyMsP95": None,
        "lastOutcomeAt": None,
        "circuit": {
            "state": "CLOSED",
            "openUntil": None,
            "reason": None,
            "consecutiveFailures": 0,
        },
    }


VERSION_STATUSES = {
    VersionStatus.DRAFT: False,
    VersionStatus.ACTIVE: True,
    VersionStatus.DEPRECATED: True,
}


@pytest.mark.parametrize(
    ("version", "binding", "expected"),
    [
        *(({"status": status}, {}, expected) for status, expected in VERSION_STATUSES.items()),
        *(({}, {"status": status}, status == BindingStatus.ACTIVE) for status in BindingStatus),
        ({"sunset_on": YESTERDAY}, {}, False),
        ({"sunset_on": TODAY}, {}, True),
        ({"sunset_on": FUTURE.date()}, {}, True),
        ({}, {"sunset_on": YESTERDAY}, False),
        ({}, {"sunset_on": TODAY}, True),
        ({"sunset_on": TODAY}, {"sunset_on": YESTERDAY}, False),
        ({"sunset_on": YESTERDAY}, {"sunset_on": TODAY}, False),
        ({"status": VersionStatus.DRAFT}, {"status": BindingStatus.DISABLED}, False),
        ({}, {"weight": 0, "priority": 0, "success_rate": 0.0}, True),
        (
            {
                "status": VersionStatus.ARCHIVED,
                "archived_at": factories.EPOCH,
                "archive_reason": "MANUAL",
            },
            {},
            False,
        ),
    ],
)
async def test_routable(
    db: Any, version: dict[str, Any], binding: dict[str, Any], expected: bool
) -> None:
    """The field, the filters of bindings and of versions agree."""
    of = await factories.version(db, await factories.model(db), **version)
    await factories.binding(db, of, **binding)
    answer = await GraphQL(db)(
        """{
            bindings { nodes { routable } }
            can: bindings(filter: {routable: true}) { totalCount }
            cannot: bindings(filter: {routable: false}) { totalCount }
            has: versions(filter: {hasRoutableBinding: true}) { totalCount }
            hasNot: versions(filter: {hasRoutableBinding: false}) { totalCount }
        }"""
    )
    assert answer["bindings"]["nodes"] == [{"routable": expected}]
    counts = {name: answer[name]["totalCount"] for name in ("can", "cannot", "has", "hasNot")}
    assert counts == {
        "can": expected,
        "cannot": not expected,
        "has": expected,
        "hasNot": not expected,
    }


async def test_a_binding_says_where_to_call_it(db: Any) -> None:
    """Bindings without an endpoint share one load of their providers; with one there is none."""
    version = await factories.version(db, await factories.model(db))
    base = await factories.provider(db, slug="acme", api_base="https://acme.example.com")
    known = await factories.provider(db, slug="bedrock")
    await factories.binding(db, version, base, provider_model_id="a")
    own = {"endpoint": "https://own.example.com", "provider_model_id": "b"}
    await factories.binding(db, version, base, **own)
    await factories.binding(db, version, known, region="eu-west-1", provider_model_id="c")
    await factories.binding(db, version, config={"region": "eu-west-1"}, provider_model_id="d")
    gql = GraphQL(db)
    nodes = (await gql("{ bindings { nodes { providerModelId url } } }"))["bindings"]["nodes"]
    assert {node["providerModelId"]: node["url"] for node in nodes} == {
        "a": "https://acme.example.com",
        "b": "https://own.example.com",
        "c": "https://bedrock-runtime.eu-west-1.amazonaws.com",
        "d": None,
    }
    with gql.statements() as sent:
        await gql('{ bindings(filter: {providerModelIds: ["b"]}) { nodes { url } } }')
    assert len(sent) == 1
