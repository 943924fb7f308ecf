"""stats: counts and averages over all or the matching models, in one statement."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest

from db.reads import stats
from domain.enums import BindingStatus, TaskType, VersionStatus
from tests import factories
from tests.graphql import GraphQL

STATS = """query ($filter: ModelFilter) { stats(filter: $filter) {
    models versions bindings providers activeVersions archivedVersions routableBindings
    evalScoreAvg costPer1kAvg successRateAvg latencyMsAvg
    versionsByStatus { status count } versionsByRegion { name count }
    modelsByTask { task count } modelsBySubject { name count }
    bindingsByProvider {
        provider { slug } bindings routable successRateAvg latencyMsAvg inputPer1kAvg }
} }"""


async def _registry(gql: GraphQL) -> None:
    """Two models, three versions, three bindings by two of three providers."""
    math = await factories.model(gql.db, name="math", subject="math")
    plain = await factories.model(gql.db, name="plain", task=TaskType.OCR)
    acme = await factories.provider(gql.db, slug="acme")
    other = await factories.provider(gql.db, slug="other")
    await factories.provider(gql.db, slug="idle")
    scored = {"eval_score": 0.5, "cost_per_1k": Decimal("0.1"), "region": "eu"}
    first = await factories.version(gql.db, math, **scored)
    await factories.version(gql.db, math, status=VersionStatus.DRAFT, region="us")
    second = await factories.version(gql.db, plain, cost_per_1k=Decimal("0.2"), region="eu")
    one = await factories.binding(gql.db, first, acme, success_rate=0.9, latency_ms=100)
    two = await factories.binding(gql.db, first, acme, success_rate=0.8)
    off = await factories.binding(gql.db, second, other, status=BindingStatus.DISABLED)
    await factories.price(gql.db, one, "0.0000000001")
    await factories.price(gql.db, two, "0.0000000003")
    await factories.price(gql.db, off, None)


async def test_stats_count_objects_and_average_known_values(gql: GraphQL) -> None:
    await _registry(gql)
    with gql.statements() as sent:
        stats = (await gql(STATS))["stats"]
    assert len(sent) == 2, sent  # the figures, and the providers' rows
    lists = {name: stats.pop(name) for name in list(stats) if isinstance(stats[name], list)}
    assert stats == {
        "models": 2,
        "versions": 3,
        "bindings": 3,
        "providers": 3,
        "activeVersions": 2,
        "archivedVersions": 0,
        "routableBindings": 2,
        "evalScoreAvg": 0.5,
        "costPer1kAvg": "0.15",
        "successRateAvg": 0.85,
        "latencyMsAvg": 100.0,
    }
    assert lists["versionsByStatus"] == [
        {"status": "ACTIVE", "count": 2},
        {"status": "DRAFT", "count": 1},
    ]
    assert lists["versionsByRegion"] == [{"name": "eu", "count": 2}, {"name": "us", "count": 1}]
    assert lists["modelsByTask"] == [{"task": "CHAT", "count": 1}, {"task": "OCR", "count": 1}]
    assert lists["modelsBySubject"] == [{"name": "math", "count": 1}]
    acme, other = lists["bindingsByProvider"]
    assert (acme["provider"]["slug"], acme["bindings"], acme["routable"]) == ("acme", 2, 2)
    assert acme["inputPer1kAvg"] == "0.0000000002"
    assert list(other.values()) == [{"slug": "other"}, 1, 0, None, None, None]


async def test_a_filter_restricts_models_and_their_versions_and_bindings(gql: GraphQL) -> None:
    await _registry(gql)
    stats = (await gql(STATS, filter={"names": ["plain"]}))["stats"]
    names = ("models", "versions", "bindings", "providers", "routableBindings")
    assert [stats[name] for name in names] == [1, 1, 1, 1, 0]
    assert stats["evalScoreAvg"] is None
    assert [each["provider"]["slug"] for each in stats["bindingsByProvider"]] == ["other"]


async def test_stats_of_an_empty_registry_are_zero_or_null(gql: GraphQL) -> None:
    stats = (await gql(STATS))["stats"]
    assert {value for value in stats.values() if not isinstance(value, list)} == {0, None}
    assert all(value == [] for value in stats.values() if isinstance(value, list))


@pytest.mark.parametrize("conditions", [{}, {"names": ["plain"]}, {"names": ["none"]}])
async def test_each_attribute_alone_has_the_value_that_it_has_among_all(
    gql: GraphQL, conditions: dict[str, Any]
) -> None:
    await _registry(gql)
    whole = await stats.stats(gql.db.reader, conditions)
    for each in fields(whole):
        if each.name == "computed_at":
            continue
        alone = await stats.stats(gql.db.reader, conditions, frozenset((each.name,)))
        assert getattr(alone, each.name) == getattr(whole, each.name), each.name


@pytest.mark.parametrize("order", [1, -1])
async def test_averages_do_not_depend_on_the_order_of_rows(gql: GraphQL, order: int) -> None:
    """As floats, 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1."""
    model = await factories.model(gql.db)
    acme = await factories.provider(gql.db, slug="acme")
    for value in (0.1, 0.2, 0.3)[::order]:
        version = await factories.version(gql.db, model, eval_score=value)
        await factories.binding(gql.db, version, acme, success_rate=value, latency_ms=value)
    stats = (await gql(STATS))["stats"]
    (provider,) = stats["bindingsByProvider"]
    averages = {stats["evalScoreAvg"]}
    for of in (stats, provider):
        averages |= {of["successRateAvg"], of["latencyMsAvg"]}
    assert averages == {0.2}
