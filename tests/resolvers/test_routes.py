"""Query.route and Query.routes on a real database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from db.postgres.engine import Database
from db.tables import Circuit, ProviderBinding
from tests import factories
from tests.graphql import GraphQL

ROUTE = """query ($input: RouteInput!) { route(input: $input) {
    model { name } version { version } strategy candidateCount excludedCount etag
    registryRevision ttlSeconds decidedAt
    candidates { rank score expectedCost regionMatch reasons binding { id provider { slug } } }
    excluded { reason retryAt binding { id } } } }"""


async def _route(gql: GraphQL, name: str = "m", **fields: Any) -> Any:
    return (await gql(ROUTE, input={"model": {"name": name}, **fields}))["route"]


def _ids(ranked: Any) -> list[str]:
    return [each["binding"]["id"] for each in ranked]


async def _circuit(db: Database, of: ProviderBinding, **columns: Any) -> None:
    await factories._inserted(db, Circuit(binding_id=of.id, changed_at=factories.EPOCH, **columns))


async def test_a_route_names_each_binding_once_and_says_why(gql: GraphQL) -> None:
    db = gql.db
    version = await factories.version(db, await factories.model(db, name="M"))
    cheap = await factories.binding(db, version, priority=2)
    await factories.price(db, cheap, "0.5", output_per_1k="1.5")
    first = await factories.binding(db, version, priority=1, region="eu-west-1")
    disabled = await factories.binding(db, version, status="DISABLED")
    ended = await factories.binding(db, version, sunset_on=date(2020, 1, 1))
    opened = await factories.binding(db, version)
    until = datetime.now(UTC) + timedelta(seconds=5)
    await _circuit(db, opened, state="OPEN", open_until=until)

    route = await _route(gql)

    assert (route["model"]["name"], route["version"]["version"]) == ("M", version.version)
    assert _ids(route["candidates"]) == [first.node_id, cheap.node_id]
    assert [each["expectedCost"] for each in route["candidates"]] == [None, "2"]
    assert route["candidates"][1]["reasons"] == ["priority 2", "weight 100"]
    assert {each["binding"]["id"]: each["reason"] for each in route["excluded"]} == {
        opened.node_id: "CIRCUIT_OPEN",
        disabled.node_id: "NOT_ACTIVE",
        ended.node_id: "SUNSET",
    }
    assert datetime.fromisoformat(route["excluded"][0]["retryAt"]) == until
    assert (route["candidateCount"], route["excludedCount"]) == (2, 3)
    assert route["registryRevision"] == str(await factories.revision(db))
    assert 1 <= route["ttlSeconds"] <= 5
