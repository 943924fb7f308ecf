"""Mutations return the figures now of a binding: what was measured hides what is set by hand."""

from typing import Any

import pytest

from db.tables import ProviderBinding
from domain.traffic_enums import HealthState
from tests import factories
from tests.graphql import GraphQL

FIELDS = "binding { successRate latencyMs } userErrors { message }"
UPDATE = f"mutation ($i: UpdateBindingInput!) {{ updateBinding(input: $i) {{ {FIELDS} }} }}"
CIRCUIT = f"mutation ($i: SetCircuitInput!) {{ setCircuit(input: $i) {{ {FIELDS} }} }}"
CREATE = f"mutation ($i: CreateBindingInput!) {{ createBinding(input: $i) {{ {FIELDS} }} }}"


async def _mutated(gql: GraphQL, document: str, **input: Any) -> Any:
    (payload,) = (await gql(document, i=input)).values()
    assert payload["userErrors"] == []
    return payload["binding"]


@pytest.fixture
async def binding(gql: GraphQL) -> ProviderBinding:
    version = await factories.version(gql.db, await factories.model(gql.db))
    return await factories.binding(gql.db, version, success_rate=0.5, latency_ms=5.0)


@pytest.mark.parametrize("key", [None, "a key"])
async def test_an_update_returns_what_is_measured_and_else_its_values(
    gql: GraphQL, binding: ProviderBinding, key: str | None
) -> None:
    input = {"binding": {"id": binding.node_id}, "successRate": 0.25, "latencyMs": 7.5}
    input |= {} if key is None else {"idempotencyKey": key}
    assert await _mutated(gql, UPDATE, **input) == {"successRate": 0.25, "latencyMs": 7.5}
    await factories.health(gql.db, binding, state=HealthState.HEALTHY, success_rate=1.0)
    again = {**input, "latencyMs": 8.5} | ({} if key is None else {"idempotencyKey": "another"})
    assert await _mutated(gql, UPDATE, **again) == {"successRate": 1.0, "latencyMs": 8.5}


async def test_other_mutations_return_them_too(gql: GraphQL, binding: ProviderBinding) -> None:
    await factories.health(gql.db, binding, state=HealthState.HEALTHY, latency_ms_p50=1.5)
    ref = {"binding": {"id": binding.node_id}, "state": "OPEN", "reason": "tests"}
    assert await _mutated(gql, CIRCUIT, **ref) == {"successRate": 0.5, "latencyMs": 1.5}
    provider = await factories.provider(gql.db)
    version = {"id": (await gql("{ versions { nodes { id } } }"))["versions"]["nodes"][0]["id"]}
    new = {"provider": provider.slug, "providerModelId": "new"}
    assert await _mutated(gql, CREATE, version=version, binding=new) == {
        "successRate": None,
        "latencyMs": None,
    }
