"""stats: how many of the matching models have each value, and the health of providers."""

from domain.enums import Capability, VersionStatus
from domain.traffic_enums import CircuitState
from tests import factories
from tests.graphql import GraphQL

FACETS = """query ($filter: ModelFilter) { stats(filter: $filter) {
    modelsByProvider { slug name count } modelsByRegion { name count }
    modelsByCapability { capability count } modelsByVersionStatus { status count } } }"""
HEALTH = """{ stats { bindingsByProvider {
    slug name bindings routable healthy degraded unhealthy openCircuits } } }"""


async def _registry(gql: GraphQL) -> None:
    db = gql.db
    acme = await factories.provider(db, slug="acme", name="Acme")
    bolt = await factories.provider(db, slug="bolt", name="Bolt")
    for name, capabilities in (("a", [Capability.TOOLS]), ("b", [Capability.TOOLS, "VISION"])):
        model = await factories.model(db, name=name)
        old = await factories.version(db, model, capabilities=["REASONING"])
        new = await factories.version(db, model, capabilities=capabilities)
        await factories.binding(db, old, acme, region="eu")
        await factories.binding(db, new, acme, region="us")
        await factories.binding(db, new, acme)
    await factories.version(db, model, status=VersionStatus.DRAFT)
    opened = await factories.binding(db, new, bolt, region="us")
    await factories.circuit(db, binding_id=opened.id, state=CircuitState.OPEN, open_until=None)


async def test_models_are_counted_by_each_value_once(gql: GraphQL) -> None:
    await _registry(gql)
    with gql.statements() as sent:
        stats = (await gql(FACETS))["stats"]
    assert len(sent) == 1
    assert stats == {
        "modelsByProvider": [
            {"slug": "acme", "name": "Acme", "count": 2},
            {"slug": "bolt", "name": "Bolt", "count": 1},
        ],
        "modelsByRegion": [{"name": "eu", "count": 2}, {"name": "us", "count": 2}],
        "modelsByCapability": [
            {"capability": "TOOLS", "count": 2},
            {"capability": "VISION", "count": 1},
        ],
        "modelsByVersionStatus": [
            {"status": "ACTIVE", "count": 2},
            {"status": "DRAFT", "count": 1},
        ],
    }


async def test_a_filter_restricts_the_models_that_are_counted(gql: GraphQL) -> None:
    await _registry(gql)
    stats = (await gql(FACETS, filter={"names": ["a"]}))["stats"]
    assert stats == {
        "modelsByProvider": [{"slug": "acme", "name": "Acme", "count": 1}],
        "modelsByRegion": [{"name": "eu", "count": 1}, {"name": "us", "count": 1}],
        "modelsByCapability": [{"capability": "TOOLS", "count": 1}],
        "modelsByVersionStatus": [{"status": "ACTIVE", "count": 1}],
    }


async def test_providers_show_the_health_of_their_bindings(gql: GraphQL) -> None:
    await _registry(gql)
    acme, bolt = (await gql(HEALTH))["stats"]["bindingsByProvider"]
    zero = {"healthy": 0, "degraded": 0, "unhealthy": 0}
    assert acme == {
        **{"slug": "acme", "name": "Acme", "bindings": 6, "routable": 6},
        **zero,
        "openCircuits": 0,
    }
    assert bolt == {
        **{"slug": "bolt", "name": "Bolt", "bindings": 1, "routable": 0},
        **zero,
        "openCircuits": 1,
    }


async def test_open_circuits_and_breached_targets_are_listed(gql: GraphQL) -> None:
    await _registry(gql)
    late = await factories.version(
        gql.db, await factories.model(gql.db, name="c"), slo_latency_ms=5
    )
    await factories.binding(gql.db, late, latency_ms=9.0)
    document = """query ($filter: ModelFilter) { stats(filter: $filter) {
        openCircuits { modelName providerSlug region since until }
        sloBreaches { versionId modelName } } }"""
    with gql.statements() as sent:
        stats = (await gql(document))["stats"]
    assert len(sent) == 1
    (circuit,) = stats["openCircuits"]
    assert circuit.pop("since").startswith("2020-01-01T00:00:00")
    assert circuit == {"modelName": "b", "providerSlug": "bolt", "region": "us", "until": None}
    assert stats["sloBreaches"] == [{"versionId": late.node_id, "modelName": "c"}]
    other = (await gql(document, filter={"names": ["a"]}))["stats"]
    assert other == {"openCircuits": [], "sloBreaches": []}


async def test_the_filters_of_models_compare_what_is_shown(gql: GraphQL) -> None:
    await _registry(gql)
    document = "query ($filter: ModelFilter) { models(filter: $filter) { nodes { name } } }"
    for filter, names in (
        ({"regions": ["eu", "mars"]}, {"a", "b"}),
        ({"regions": ["mars"]}, set()),
        ({"versionStatuses": ["DRAFT"]}, {"b"}),
        ({"capabilities": ["VISION"]}, {"b"}),
        ({"contextWindow": {"gte": 1}}, set()),
        ({"inputPer1k": {}}, set()),
    ):
        found = (await gql(document, filter=filter))["models"]["nodes"]
        assert {each["name"] for each in found} == names, filter


async def test_a_name_must_contain_each_word(gql: GraphQL) -> None:
    for name in ("claude-sonnet-4", "claude-opus-4", "gpt-4"):
        await factories.model(gql.db, name=name)
    document = "query ($t: String) { models(filter: {nameContains: $t}) { nodes { name } } }"
    for text, count in (("Claude  4", 2), ("4 son", 1), ("", 3), ("  ", 3), ("claude x", 0)):
        assert len((await gql(document, t=text))["models"]["nodes"]) == count, text
    assert await gql.error(document, t="a " * 9) == (
        "BAD_USER_INPUT",
        "nameContains: at most 8 words, not 9",
    )
