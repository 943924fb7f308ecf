"""Query.route and Query.routes on a real database."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from db.tables import ModelVersion, ProviderBinding
from db.writes import circuits
from domain.candidates import BINDINGS_MAX, EXCLUDED_MAX
from domain.circuits import Breaker
from domain.enums import ArchiveReason
from domain.traffic_enums import CircuitState
from tests import factories
from tests.graphql import GraphQL

FIELDS = """ model { name } version { version } modelName versionLabel strategy etag
    candidateCount excludedCount
    registryRevision ttlSeconds decidedAt
    candidates { rank score expectedCost regionMatch reasons binding { id provider { slug } } }
    excluded { reason retryAt since binding { id } } """
ROUTE = f"query ($input: RouteInput!) {{ route(input: $input) {{ {FIELDS} }} }}"
ROUTES = f"query ($inputs: [RouteInput!]!) {{ routes(inputs: $inputs) {{ {FIELDS} }} }}"
NOW = datetime.now(UTC)


async def _route(gql: GraphQL, name: str = "m", **fields: Any) -> Any:
    return (await gql(ROUTE, input={"model": {"name": name}, **fields}))["route"]


async def _error(gql: GraphQL, **fields: Any) -> str:
    code, message = await gql.error(ROUTE, input={"model": {"name": "m"}, **fields})
    assert code == "BAD_USER_INPUT"
    return message


def _ids(ranked: Any) -> list[str]:
    return [each["binding"]["id"] for each in ranked]


def _reasons(route: Any) -> dict[str, str]:
    return {each["binding"]["id"]: each["reason"] for each in route["excluded"]}


async def _version(gql: GraphQL, name: str = "m", **columns: Any) -> ModelVersion:
    return await factories.version(gql.db, await factories.model(gql.db, name=name), **columns)


async def _circuit(gql: GraphQL, of: ProviderBinding, **fields: Any) -> None:
    async with gql.db.write("tests") as session:
        await circuits.write(session, {of.id: Breaker(changed_at=NOW, **fields)})


async def test_a_route_names_each_binding_once_and_says_why(gql: GraphQL) -> None:
    version = await _version(gql, "M")
    cheap = await factories.binding(gql.db, version, priority=2)
    await factories.price(gql.db, cheap, "0.5", output_per_1k="1.5")
    first = await factories.binding(gql.db, version, priority=1, region="eu-west-1")
    disabled = await factories.binding(gql.db, version, status="DISABLED")
    ended = await factories.binding(gql.db, version, sunset_on=date(2020, 1, 1))
    opened = await factories.binding(gql.db, version)
    until = datetime.now(UTC) + timedelta(seconds=5)
    await _circuit(gql, opened, state=CircuitState.OPEN, open_until=until)

    route = await _route(gql)

    assert (route["model"]["name"], route["version"]["version"]) == ("M", version.version)
    assert (route["modelName"], route["versionLabel"]) == ("M", version.version)
    assert _ids(route["candidates"]) == [first.node_id, cheap.node_id]
    assert [each["expectedCost"] for each in route["candidates"]] == [None, "2"]
    assert route["candidates"][1]["reasons"] == ["priority 2", "weight 100"]
    assert _reasons(route) == {
        opened.node_id: "CIRCUIT_OPEN",
        disabled.node_id: "NOT_ACTIVE",
        ended.node_id: "SUNSET",
    }
    assert datetime.fromisoformat(route["excluded"][0]["retryAt"]) == until
    assert (route["candidateCount"], route["excludedCount"]) == (2, 3)
    assert route["registryRevision"] == str(await factories.revision(gql.db))
    assert 1 <= route["ttlSeconds"] <= 5


async def test_each_selector_finds_its_version(gql: GraphQL) -> None:
    model = await factories.model(gql.db, name="m")
    old = await factories.version(gql.db, model)
    latest = await factories.version(gql.db, model)
    await factories.alias(gql.db, old, "canary")
    assert (await _route(gql))["version"]["version"] == latest.version
    await factories.alias(gql.db, old)
    assert (await _route(gql))["version"]["version"] == old.version
    for select, expected in (
        ({"latest": True}, latest),
        ({"alias": "canary"}, old),
        ({"version": old.version}, old),
        ({"number": old.number}, old),
        ({"contentHash": old.content_hash}, old),
    ):
        assert (await _route(gql, select=select))["version"]["version"] == expected.version
    by_id = await gql(ROUTE, input={"model": {"id": model.node_id}})
    assert by_id["route"]["version"]["version"] == old.version


@pytest.mark.parametrize(
    "given",
    [
        {"model": {"name": "nobody"}},
        {"model": {"name": "a\0b"}},
        {"model": {"id": "mdl_" + "0" * 32}},
        {"model": {"id": "ver_" + "0" * 32}},
        {"model": {"id": "x"}},
        {"model": {"name": "m"}, "select": {"number": 2**31 - 1}},
        {"model": {"name": "m"}, "select": {"alias": "a\0b"}},
        {"model": {"name": "m"}, "select": {"version": "9.9.9"}},
    ],
)
async def test_what_does_not_exist_has_no_route(gql: GraphQL, given: dict[str, Any]) -> None:
    await _version(gql)
    assert await gql(ROUTE, input=given) == {"route": None}


async def test_a_model_with_nothing_to_route_to_is_an_error(gql: GraphQL) -> None:
    model = await factories.model(gql.db, name="m")
    message = "input.model: 'm' has no ACTIVE version and no alias production"
    assert await _error(gql) == message
    await factories.version(gql.db, model, status="DRAFT")
    assert await _error(gql) == message


async def test_an_archived_version_is_an_error_and_a_draft_has_no_candidates(gql: GraphQL) -> None:
    model = await factories.model(gql.db, name="m")
    archived = {"status": "ARCHIVED", "archived_at": NOW, "archive_reason": ArchiveReason.MANUAL}
    gone = await factories.version(gql.db, model, **archived)
    message = await _error(gql, select={"number": gone.number})
    assert message == f"input.select: the version {gone.version} is ARCHIVED"
    draft = await factories.version(gql.db, model, status="DRAFT")
    binding = await factories.binding(gql.db, draft)
    route = await _route(gql, select={"number": draft.number})
    assert (route["candidates"], _reasons(route)) == ([], {binding.node_id: "NOT_ACTIVE"})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"limit": 0}, "limit must be from 1 to 20, not 0"),
        ({"limit": 21}, "limit must be from 1 to 20, not 21"),
        ({"requireRegion": True}, "requireRegion needs region"),
        (
            {"region": ""},
            'region must be lower-case letters, digits and hyphens, up to 63 characters, not ""',
        ),
        ({"region": "EU West"}, "region must be lower-case letters"),
        ({"seed": 1, "stickyKey": "k"}, "seed and stickyKey exclude each other"),
        ({"stickyKey": ""}, "stickyKey must have 1 to 255 characters"),
        ({"stickyKey": "k" * 256}, "stickyKey must have 1 to 255 characters"),
        ({"maxCostPer1k": "-1"}, "maxCostPer1k must be from 0"),
        ({"maxExpectedCost": "1e11"}, "maxExpectedCost must be from 0"),
        ({"maxLatencyMs": 0.0}, "maxLatencyMs must be above 0"),
        ({"minSuccessRate": 1.1}, "minSuccessRate must be from 0 to 1"),
        ({"minEvalScore": -0.1}, "minEvalScore must be from 0 to 1"),
        ({"minContextWindow": 0}, "minContextWindow must be 1 or more"),
        ({"usage": {"inputTokens": -1}}, "usage.inputTokens must be 0 or more"),
        ({"select": {"latest": False}}, "select.latest: must be true"),
    ],
)
async def test_a_wrong_field_is_named(gql: GraphQL, fields: dict[str, Any], message: str) -> None:
    await _version(gql)
    assert (await _error(gql, **fields)).startswith(f"input.{message}")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"seed": 2**31}, "at .seed: Int cannot represent non 32-bit signed integer"),
        ({"seed": -(2**31) - 1}, "at .seed: Int cannot represent non 32-bit signed integer"),
        ({"maxExpectedCost": "NaN"}, "at .maxExpectedCost"),
        ({"maxLatencyMs": float("nan")}, "at .maxLatencyMs: Float cannot represent non numeric"),
        ({"strategy": "BEST"}, "at .strategy"),
    ],
)
async def test_a_value_that_its_type_does_not_have_is_named(
    gql: GraphQL, fields: dict[str, Any], message: str
) -> None:
    given = {"model": {"name": "m"}, **fields}
    assert message in (await gql.error(ROUTE, input=given))[1]


async def test_each_constraint_leaves_out_what_fails_it_or_is_not_known(gql: GraphQL) -> None:
    version = await _version(gql, eval_score=0.7, capabilities=["TOOLS"], context_window=100)
    full = await factories.binding(
        gql.db,
        version,
        await factories.provider(gql.db, slug="p"),
        region="eu-west-1",
        capabilities=["VISION", "TOOLS"],
        context_window=1_000,
        latency_ms=100.0,
        success_rate=0.99,
    )
    await factories.price(gql.db, full, "1", output_per_1k="2")
    bare = await factories.binding(gql.db, version)
    for fields, reason in (
        ({"excludeBindings": [bare.node_id, "bnd_", full.node_id[:-1]]}, "EXCLUDED"),
        ({"providers": ["p", "nobody"]}, "PROVIDER"),
        ({"region": "eu-west-1", "requireRegion": True}, "REGION"),
        ({"capabilities": ["VISION", "TOOLS"]}, "CAPABILITY"),
        ({"minContextWindow": 101}, "CONTEXT_WINDOW"),
        ({"maxCostPer1k": "2"}, "COST_UNKNOWN"),
        ({"maxExpectedCost": "3"}, "COST_UNKNOWN"),
        ({"maxLatencyMs": 100.0}, "LATENCY"),
        ({"minSuccessRate": 0.99}, "SUCCESS_RATE"),
    ):
        route = await _route(gql, **fields)
        assert _ids(route["candidates"]) == [full.node_id], fields
        assert _reasons(route) == {bare.node_id: reason}, fields
    for fields, reason in (
        ({"maxCostPer1k": "1.99"}, "COST"),
        ({"maxExpectedCost": "2.99"}, "COST"),
        ({"minEvalScore": 0.71}, "EVAL_SCORE"),
        ({"providers": []}, "PROVIDER"),
    ):
        route = await _route(gql, **fields)
        assert route["candidates"] == [], fields
        assert _reasons(route)[full.node_id] == reason, fields


async def test_the_price_is_that_of_now_and_none_before_the_release(gql: GraphQL) -> None:
    version = await _version(gql, released_on=date(2999, 1, 1))
    binding = await factories.binding(gql.db, version)
    await factories.price(gql.db, binding, "1", output_per_1k="1")
    assert (await _route(gql))["candidates"][0]["expectedCost"] is None
    version = await _version(gql, "n")
    binding = await factories.binding(gql.db, version)
    await factories.price(gql.db, binding, "1", output_per_1k="1", effective_from=None)
    soon = datetime.now(UTC) + timedelta(seconds=3)
    await factories.price(gql.db, binding, "9", output_per_1k="9", effective_from=soon)
    route = await _route(gql, "n", usage={"inputTokens": 3_000})
    assert Decimal(route["candidates"][0]["expectedCost"]) == 3
    assert 1 <= route["ttlSeconds"] <= 3


async def test_an_open_circuit_ends_by_the_clock_and_its_trial_is_taken_once(gql: GraphQL) -> None:
    version = await _version(gql)
    binding = await factories.binding(gql.db, version)
    now = datetime.now(UTC)  # the module may have been read minutes ago
    ended, later = now - timedelta(seconds=1), now + timedelta(minutes=5)
    await _circuit(gql, binding, state=CircuitState.OPEN, open_until=ended)
    [candidate] = (await _route(gql))["candidates"]
    assert "claim the trial" in candidate["reasons"][0]
    taken = {"state": CircuitState.HALF_OPEN, "open_until": ended, "trial_until": later}
    await _circuit(gql, binding, **taken)
    [excluded] = (await _route(gql))["excluded"]
    assert excluded["reason"] == "CIRCUIT_OPEN"
    assert datetime.fromisoformat(excluded["retryAt"]) == later
    await _circuit(gql, binding, state=CircuitState.OPEN, reason="by hand")
    assert (await _route(gql))["excluded"][0]["retryAt"] is None


async def test_an_exclusion_that_the_registry_dates_says_since_when(gql: GraphQL) -> None:
    version = await _version(gql, sunset_on=date(2020, 2, 29))
    ended = await factories.binding(gql.db, version)
    disabled = await factories.binding(gql.db, version, status="DISABLED")
    excluded = (await _route(gql))["excluded"]
    since = {each["binding"]["id"]: each["since"] for each in excluded}
    assert since == {ended.node_id: "2020-03-01T00:00:00+00:00", disabled.node_id: None}

    opened = await factories.binding(gql.db, await _version(gql, "n"))
    await _circuit(gql, opened, state=CircuitState.OPEN)
    [excluded] = (await _route(gql, "n"))["excluded"]
    assert (excluded["reason"], datetime.fromisoformat(excluded["since"])) == ("CIRCUIT_OPEN", NOW)


async def test_the_etag_stands_for_what_a_gateway_acts_on(gql: GraphQL) -> None:
    version = await _version(gql)
    one = await factories.binding(gql.db, version)
    first = await _route(gql)
    await factories.version(gql.db, await factories.model(gql.db))
    again = await _route(gql)
    assert again["etag"] == first["etag"]
    assert again["registryRevision"] != first["registryRevision"]
    await _circuit(gql, one, state=CircuitState.OPEN)
    assert (await _route(gql))["etag"] != first["etag"]


async def test_weighted_is_drawn_anew_without_a_seed_and_alike_with_one(gql: GraphQL) -> None:
    version = await _version(gql)
    for _ in range(6):
        await factories.binding(gql.db, version)

    async def orders(**fields: Any) -> set[tuple[str, ...]]:
        routes = [await _route(gql, strategy="WEIGHTED", limit=20, **fields) for _ in range(8)]
        return {tuple(_ids(route["candidates"])) for route in routes}

    assert len(await orders(seed=-(2**31))) == 1
    assert len(await orders(stickyKey="conversation")) == 1
    assert len(await orders()) > 1
    (first, *_) = (await _route(gql, strategy="WEIGHTED"))["candidates"]
    assert first["reasons"][-1].endswith("drawn at random")


async def test_50_routes_take_as_many_statements_as_one_and_show_one_revision(gql: GraphQL) -> None:
    inputs = []
    for number in range(50):
        version = await _version(gql, f"model-{number}")
        binding = await factories.binding(gql.db, version)
        await factories.price(gql.db, binding, "1")
        inputs.append({"model": {"name": f"model-{number}"}, "limit": number % 20 + 1})
    counts = []
    for some in (inputs[:1], inputs):
        with gql.statements() as sent:
            routes = (await gql(ROUTES, inputs=some))["routes"]
        counts.append(len(sent))
        assert [route["model"]["name"] for route in routes] == [i["model"]["name"] for i in some]
        assert len({route["registryRevision"] for route in routes}) == 1
        assert len({route["decidedAt"] for route in routes}) == 1
    assert counts == [5, 5]  # routes, models, versions, bindings, providers


async def test_a_wrong_input_of_routes_is_named_and_leaves_the_others(gql: GraphQL) -> None:
    await _version(gql)
    model = {"model": {"name": "m"}}
    result = await gql._execute(ROUTES, {"inputs": [model, {**model, "limit": 21}, model]})
    assert [route is None for route in result.data["routes"]] == [False, True, False]
    [error] = result.errors
    assert error.path == ["routes", 1]
    assert error.message == "inputs[1].limit must be from 1 to 20, not 21"
    for some in ([], [model] * 51):
        _, message = await gql.error(ROUTES, inputs=some)
        assert message == f"inputs must have 1 to 50 items, not {len(some)}"


_MORE = """
    INSERT INTO provider_bindings (id, version_id, model_id, provider_id, provider_model_id, status,
        priority, weight, revision)
    SELECT gen_random_uuid(), version_id, model_id, provider_id, 'more-' || number, 'DISABLED', 100,
        100, 1
    FROM provider_bindings, generate_series(1, :count) AS number WHERE id = :id
"""


async def test_a_route_counts_what_it_does_not_list_and_refuses_too_many(gql: GraphQL) -> None:
    version = await _version(gql)
    binding = await factories.binding(gql.db, version)
    async with gql.db.write("tests") as session:
        more = sa.text(_MORE).bindparams(count=BINDINGS_MAX - 1, id=binding.id)
        await session.exec(more)
    route = await _route(gql)
    assert (route["candidateCount"], route["excludedCount"]) == (1, BINDINGS_MAX - 1)
    assert len(route["excluded"]) == EXCLUDED_MAX
    await factories.binding(gql.db, version)
    code, message = await gql.error(ROUTE, input={"model": {"name": "m"}})
    assert code == "LIMIT_EXCEEDED"
    assert message.endswith("has more than 1000 bindings")
