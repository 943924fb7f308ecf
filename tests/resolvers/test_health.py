"""health: the figures of the window and the circuit, by the database's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.traffic_enums import CircuitState, HealthState
from tests import factories, outcomes
from tests.graphql import GraphQL

HEALTH = """{ bindings { nodes { routable successRate latencyMs health {
    state samples windowMinutes successRate rateLimitedShare latencyMsP50 latencyMsP95 latencyMsP99
    ttftMsP50 lastOutcomeAt
    circuit { state openUntil trialUntil heldUntil reason consecutiveFailures } } } } }"""
NOW = datetime.now(UTC)
SOON, PAST = NOW + timedelta(hours=1), NOW - timedelta(hours=1)


async def _only(gql: GraphQL) -> Any:
    (node,) = (await gql(HEALTH))["bindings"]["nodes"]
    return node


def _time(value: Any) -> datetime | None:
    return value and datetime.fromisoformat(value)


async def test_reported_outcomes_show_and_few_of_them_do_not(gql: GraphQL) -> None:
    (binding,) = await outcomes.bindings(gql.db, 1)
    before = datetime.now(UTC)
    fast = outcomes.histogram(19)
    await outcomes.report(gql, rollups=[outcomes.rollup(binding, 19, latencyMs=fast)])
    few = await _only(gql)
    assert (few["health"]["state"], few["health"]["samples"]) == ("UNKNOWN", 19)
    assert (few["successRate"], few["latencyMs"], few["health"]["latencyMsP50"]) == (None,) * 3
    await outcomes.report(gql, items=[outcomes.item(binding, "AUTH")])
    node = await _only(gql)
    health = node["health"]
    assert (health["state"], health["samples"], health["windowMinutes"]) == ("DEGRADED", 20, 15)
    assert node["successRate"] == health["successRate"] == 0.95
    assert 250 * 0.95 <= node["latencyMs"] == health["latencyMsP50"] <= 500 * 1.05
    assert (health["rateLimitedShare"], health["circuit"]["consecutiveFailures"]) == (0, 1)
    last = _time(health["lastOutcomeAt"])
    assert last is not None
    assert last >= before


async def test_figures_of_an_older_window_are_unknown_and_manual_ones_show(gql: GraphQL) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db))
    binding = await factories.binding(gql.db, version, success_rate=0.5, latency_ms=7.0)
    figures = {"success_rate": 1.0, "latency_ms_p50": 1.0, "latency_ms_p95": 2.0}
    stale = {"succeeded": 90, "last_outcome_at": PAST, "known_until": PAST}
    await factories.health(gql.db, binding, state=HealthState.HEALTHY, **figures, **stale)
    node = await _only(gql)
    assert (node["successRate"], node["latencyMs"]) == (0.5, 7.0)
    health = node["health"]
    assert (health["state"], health["samples"]) == ("UNKNOWN", 0)
    assert (health["successRate"], health["latencyMsP95"]) == (None, None)
    assert _time(health["lastOutcomeAt"]) == PAST


CLOSED: dict[str, Any] = {"state": CircuitState.CLOSED, "open_until": None}
HALF: dict[str, Any] = {"state": CircuitState.HALF_OPEN, "open_until": PAST}


@pytest.mark.parametrize(
    ("stored", "state", "trial_until", "held_until"),
    [
        ({"open_until": SOON}, "OPEN", None, None),
        ({"open_until": SOON, "held_until": SOON}, "OPEN", None, SOON),
        ({"open_until": None}, "OPEN", None, None),
        ({"open_until": PAST, "held_until": PAST}, "HALF_OPEN", None, None),
        ({**HALF, "trial_until": SOON}, "HALF_OPEN", SOON, None),
        ({**HALF, "trial_until": PAST}, "HALF_OPEN", None, None),
        ({**CLOSED, "held_until": SOON}, "CLOSED", None, SOON),
        ({**CLOSED, "held_until": PAST}, "CLOSED", None, None),
    ],
)
async def test_a_circuit_shows_what_holds_now(
    gql: GraphQL,
    stored: dict[str, Any],
    state: str,
    trial_until: datetime | None,
    held_until: datetime | None,
) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db))
    binding = await factories.binding(gql.db, version)
    await factories.circuit(gql.db, binding_id=binding.id, reason="tests", **stored)
    node = await _only(gql)
    circuit = node["health"]["circuit"]
    assert (circuit["state"], circuit["reason"]) == (state, "tests")
    assert _time(circuit["trialUntil"]) == trial_until
    assert _time(circuit["heldUntil"]) == held_until
    assert _time(circuit["openUntil"]) == stored.get("open_until")
    assert node["routable"] is (state != "OPEN")


async def test_more_samples_than_an_int_can_say_are_the_largest(gql: GraphQL) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db))
    binding = await factories.binding(gql.db, version)
    await factories.health(gql.db, binding, succeeded=2**31, failed=2**40)
    document = "query($id: ID!) { binding(id: $id) { health { samples } } }"
    found = await gql(document, id=binding.node_id)
    assert found["binding"]["health"]["samples"] == 2**31 - 1
