"""Figures of bindings: what outcomes measured, else what was set by hand; filters agree with it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlmodel import select

from db.tables import ProviderBinding
from domain.traffic_enums import CircuitState, HealthState
from tests import factories
from tests.db.clones import opened
from tests.graphql import GraphQL

BINDINGS = 60
SEED = 14
FIELDS = """id routable successRate latencyMs health {
    state samples successRate latencyMsP50 latencyMsP95 lastOutcomeAt
    circuit { state openUntil trialUntil heldUntil reason consecutiveFailures } }"""
NOW = datetime.now(UTC)
SOON, PAST = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
VALUES = [None, 0.0, 0.5, 0.9, 0.99, 1.0]
MS = [None, 1.0, 50.0, 50.5, 900.0]


def _health(random: Random) -> dict[str, Any]:
    state = random.choice(list(HealthState))
    is_known = state is not HealthState.UNKNOWN
    return {
        "state": state,
        "succeeded": random.randrange(100),
        "failed": random.randrange(100),
        "success_rate": random.choice(VALUES[1:]) if is_known else None,
        "latency_ms_p50": random.choice(MS) if is_known else None,
        "latency_ms_p95": random.choice(MS) if is_known else None,
        "last_outcome_at": random.choice([PAST, NOW]),
        "known_until": random.choice([None, PAST, SOON, SOON, SOON]),
        "consecutive_failures": random.randrange(5),
    }


def _circuit(random: Random) -> dict[str, Any]:
    state = random.choice(list(CircuitState))
    times = [None, PAST, SOON]
    return {
        "state": state,
        "open_until": None if state is CircuitState.CLOSED else random.choice(times),
        "trial_until": random.choice(times) if state is CircuitState.HALF_OPEN else None,
        "held_until": random.choice(times),
        "reason": random.choice([None, "tests"]),
    }


@pytest.fixture(scope="module")
async def gql(postgres_url: str, template: str) -> AsyncIterator[GraphQL]:
    """Bindings with and without health, figures set by hand, and circuits."""
    random = Random(SEED)
    async with opened(postgres_url, template) as db:
        model = await factories.model(db)
        provider = await factories.provider(db)
        for number in range(BINDINGS):
            if number % 3 == 0:
                slo = {"slo_latency_ms": random.choice([None, 50]), "slo_success_rate": 0.9}
                version = await factories.version(db, model, **(slo if number % 2 else {}))
            manual = {"success_rate": random.choice(VALUES), "latency_ms": random.choice(MS)}
            binding = await factories.binding(db, version, provider, **manual)
            if random.random() < 0.6:
                await factories.health(db, binding, **_health(random))
            if random.random() < 0.4:
                await factories.circuit(db, binding_id=binding.id, **_circuit(random))
        yield GraphQL(db)


async def _all(gql: GraphQL) -> list[dict[str, Any]]:
    nodes = (await gql(f"{{ bindings(first: 100) {{ nodes {{ {FIELDS} }} }} }}"))["bindings"]
    assert len(nodes["nodes"]) == BINDINGS
    return list(nodes["nodes"])


async def _matching(gql: GraphQL, filter: dict[str, Any]) -> set[str]:
    page = "bindings(first: 100, filter: $f) { totalCount nodes { id } }"
    found = (await gql(f"query ($f: BindingFilter) {{ {page} }}", f=filter))["bindings"]
    assert found["totalCount"] == len(found["nodes"])
    return {node["id"] for node in found["nodes"]}


def _is_in(value: float | None, gte: float | None, lte: float | None) -> bool:
    if value is None:
        return False
    return (gte is None or value >= gte) and (lte is None or value <= lte)


@pytest.mark.parametrize(("name", "values"), [("successRate", VALUES), ("latencyMs", MS)])
async def test_a_range_selects_exactly_the_bindings_whose_field_is_in_it(
    gql: GraphQL, name: str, values: list[float | None]
) -> None:
    everything = await _all(gql)
    assert {each[name] for each in everything} == set(values)
    for gte in values:
        for lte in values:
            expected = {each["id"] for each in everything if _is_in(each[name], gte, lte)}
            assert await _matching(gql, {name: {"gte": gte, "lte": lte}}) == expected


async def test_other_filters_select_exactly_the_bindings_whose_field_matches(gql: GraphQL) -> None:
    everything = await _all(gql)
    for states in [[], *([state] for state in HealthState), ["UNKNOWN", "DEGRADED"]]:
        expected = {each["id"] for each in everything if each["health"]["state"] in states}
        assert await _matching(gql, {"healthStates": states}) == expected
    for is_routable in (True, False):
        expected = {each["id"] for each in everything if each["routable"] is is_routable}
        assert expected
        assert await _matching(gql, {"routable": is_routable}) == expected


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize(
    ("field", "name"), [("SUCCESS_RATE", "successRate"), ("LATENCY", "latencyMs")]
)
@pytest.mark.parametrize("filter", ["{}", "{routable: true}", "{successRate: {lte: 0.9}}"])
async def test_pages_in_an_order_have_each_binding_once_by_its_field(
    gql: GraphQL, field: str, name: str, direction: str, filter: str
) -> None:
    """From both ends; unknown ones come last, and equal ones are ordered by id."""
    order = f"orderBy: {{field: {field}, direction: {direction}}}, filter: {filter}"
    total = (await gql(f"{{ bindings(filter: {filter}) {{ totalCount }} }}"))["bindings"]
    selection = f"{{ nodes {{ id {name} }} pageInfo {{ startCursor endCursor }} }}"
    forwards: list[dict[str, Any]] = []
    backwards: list[dict[str, Any]] = []
    arguments = "first: 7"
    while page := (await gql(f"{{ bindings({arguments}, {order}) {selection} }}"))["bindings"]:
        if not page["nodes"]:
            break
        forwards += page["nodes"]
        arguments = f'first: 7, after: "{page["pageInfo"]["endCursor"]}"'
    arguments = "last: 7"
    while page := (await gql(f"{{ bindings({arguments}, {order}) {selection} }}"))["bindings"]:
        if not page["nodes"]:
            break
        backwards = page["nodes"] + backwards
        arguments = f'last: 7, before: "{page["pageInfo"]["startCursor"]}"'
    assert forwards == backwards
    sign = 1 if direction == "ASC" else -1
    keys = [(each[name] is None, sign * (each[name] or 0)) for each in forwards]
    assert keys == sorted(keys)
    assert len({each["id"] for each in forwards}) == len(forwards) == total["totalCount"]


async def test_pages_of_a_version_are_in_the_same_order(gql: GraphQL) -> None:
    document = """{ versions(first: 100) { nodes { bindings(
        filter: {successRate: {gte: 0.5}}, orderBy: {field: LATENCY}
    ) { totalCount nodes { id successRate latencyMs } } } } }"""
    pages = [each["bindings"] for each in (await gql(document))["versions"]["nodes"]]
    nodes = [node for page in pages for node in page["nodes"]]
    assert {node["id"] for node in nodes} == await _matching(gql, {"successRate": {"gte": 0.5}})
    assert sum(page["totalCount"] for page in pages) == len(nodes)
    for page in pages:
        keys = [node["latencyMs"] or float("inf") for node in page["nodes"]]
        assert keys == sorted(keys)


async def test_averages_are_those_of_the_fields(gql: GraphQL) -> None:
    everything = await _all(gql)
    figures = "successRateAvg latencyMsAvg"
    document = (
        f"{{ stats {{ {figures} routableBindings bindingsByProvider {{ {figures} routable }} }} }}"
    )
    stats = (await gql(document))["stats"]
    (of_provider,) = stats.pop("bindingsByProvider")
    routable = sum(each["routable"] for each in everything)
    assert (stats["routableBindings"], of_provider["routable"]) == (routable, routable)
    for name in ("successRate", "latencyMs"):
        known = [each[name] for each in everything if each[name] is not None]
        expected = pytest.approx(sum(known) / len(known))
        assert stats[f"{name}Avg"] == of_provider[f"{name}Avg"] == expected


def _slo(version: dict[str, Any]) -> str:
    """The status of a version, by the fields of its bindings; latencyMs is the manual one here."""
    latency_max, rate_min = version["sloLatencyMs"], version["sloSuccessRate"]
    misses = []
    for each in version["bindings"]["nodes"]:
        if not each["routable"]:
            continue
        measured = each["health"]["latencyMsP95"]
        latency = measured if measured is not None else each["manualLatency"]
        meets = [True if latency_max is None else latency and latency <= latency_max]
        meets.append(True if rate_min is None else _is_in(each["successRate"], rate_min, None))
        if all(meets) and not (latency_max is rate_min is None):
            return "MET"
        misses.append(latency_max is not None and latency is not None and latency > latency_max)
        rate = each["successRate"]
        misses.append(rate_min is not None and rate is not None and rate < rate_min)
    return "BREACHED" if any(misses) else "UNKNOWN"


async def test_slo_status_compares_the_figures_of_routable_bindings(gql: GraphQL) -> None:
    document = f"""{{ versions(first: 100) {{ nodes {{ id sloStatus sloLatencyMs sloSuccessRate
        bindings {{ nodes {{ {FIELDS} }} }} }} }} }}"""
    versions = (await gql(document))["versions"]["nodes"]
    async with gql.db.write("tests") as session:
        rows = list(await session.exec(select(ProviderBinding)))
    manual = {row.node_id: row.latency_ms for row in rows}
    for version in versions:
        for each in version["bindings"]["nodes"]:
            each["manualLatency"] = manual[each["id"]]
        assert version["sloStatus"] == _slo(version)
    found = {version["sloStatus"] for version in versions}
    assert found == {"MET", "BREACHED", "UNKNOWN"}
    query = "query ($s: [SloStatus!]) { versions(first: 100, filter: {sloStatuses: $s}) { nodes { id } } }"  # noqa: E501  one document, one line
    for status in found:
        nodes = (await gql(query, s=[status]))["versions"]["nodes"]
        expected = {each["id"] for each in versions if each["sloStatus"] == status}
        assert {node["id"] for node in nodes} == expected
