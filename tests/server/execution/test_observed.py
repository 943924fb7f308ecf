"""Responses that depend on reported outcomes are cached for a second at most; others as ever."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import httpx
import pytest
from graphql import is_input_object_type, is_object_type, parse, validate

from db.postgres.engine import Database
from db.writes import work_runs
from resolvers.orders import OBSERVED_ORDERS
from schema.fields import is_observed
from server.execution import observed
from server.execution.documents import Documents
from server.settings import Settings
from tests import factories, outcomes
from tests.graphql import SCHEMA, GraphQL
from tests.schema import seeded
from tests.schema.test_projection import _documents, _given
from tests.server.conftest import Serving
from tests.server.wire import held

CORE = SCHEMA._schema
NAMES = observed.names(CORE)
DAY = timedelta(days=1)
TIMES = [(datetime.now(UTC) + days * DAY).isoformat() for days in (-1, 1)]
PERIOD = f'from: "{TIMES[0]}", to: "{TIMES[1]}", step: HOUR'
CATALOG = "acme"
ROUTE = '{model: {name: "m"}, maxLatencyMs: 100}'
STATES = "healthy degraded unhealthy"  # a report moves a binding from one to another
# Documents whose response outcomes or runs of imports change, by the one observed field or input
# that each names.
OBSERVED = {
    "ProviderBinding.health": "{ bindings { nodes { health { samples } } } }",
    "ProviderBinding.successRate": "{ bindings { nodes { successRate } } }",
    "ProviderBinding.latencyMs": "{ bindings { nodes { latencyMs } } }",
    "ProviderBinding.usage": f"{{ bindings {{ nodes {{ usage({PERIOD}) {{ calls }} }} }} }}",
    "ModelVersion.sloStatus": "{ versions { nodes { sloStatus } } }",
    "RegistryStats.successRateAvg": "{ stats { successRateAvg } }",
    "RegistryStats.latencyMsAvg": "{ stats { latencyMsAvg } }",
    "ProviderStats.successRateAvg": "{ stats { bindingsByProvider { successRateAvg } } }",
    "ProviderStats.latencyMsAvg": "{ stats { bindingsByProvider { latencyMsAvg } } }",
    "RegistryStats.sloBreaches": "{ stats { sloBreaches { modelName } } }",
    **dict.fromkeys(
        (f"ProviderStats.{state}" for state in STATES.split()),
        f"{{ stats {{ bindingsByProvider {{ {STATES} }} }} }}",
    ),
    **dict.fromkeys(
        (f"ModelOffer.{state}" for state in STATES.split()),
        f"{{ models {{ nodes {{ offer {{ {STATES} }} }} }} }}",
    ),
    "BindingFilter.successRate": "{ bindings(filter: {successRate: {gte: 0.5}}) { totalCount } }",
    "BindingFilter.latencyMs": "{ bindings(filter: {latencyMs: {gte: 200}}) { totalCount } }",
    "BindingFilter.healthStates": "{ bindings(filter: {healthStates: HEALTHY}) { totalCount } }",
    "VersionFilter.sloStatuses": "{ versions(filter: {sloStatuses: MET}) { totalCount } }",
    "SUCCESS_RATE": "{ bindings(orderBy: {field: SUCCESS_RATE}) { nodes { providerModelId } } }",
    "LATENCY": "{ bindings(orderBy: {field: LATENCY}) { nodes { providerModelId } } }",
    "Catalog.lastImport": "{ catalogs { nodes { lastImport { entries } } } }",
    "Query.route": f"{{ route(input: {ROUTE}) {{ candidateCount }} }}",
    "Query.routes": f"{{ routes(inputs: [{ROUTE}]) {{ candidateCount }} }}",
}


async def _registry(db: Database) -> str:
    """Two bindings of one version; the first is slow and fails by hand: its id."""
    model = await factories.model(db, name="m")
    version = await factories.version(db, model, slo_success_rate=0.95)
    slow = {"success_rate": 0.1, "latency_ms": 50.0, "provider_model_id": "one"}
    binding = await factories.binding(db, version, **slow)
    other = {"success_rate": 0.2, "latency_ms": 90.0, "provider_model_id": "two"}
    await factories.binding(db, version, **other)
    await factories.catalog(db, name=CATALOG)
    return binding.node_id


async def _asked(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    body = {"query": query, "variables": variables}
    answer = (await client.post("/graphql", json=body)).json()
    assert "errors" not in answer, answer
    return answer


async def _import_noted(db: Database, entries: int) -> None:
    """A run of an import, which changes no data either."""
    async with work_runs.noted(db, work_runs.IMPORT, CATALOG) as figures:
        figures |= {"entries": entries}


async def test_outcomes_show_in_each_observed_document_after_a_second(
    serve: Serving, db: Database
) -> None:
    """And until then it is the cached one."""
    binding = await _registry(db)
    async with serve() as client:
        await _asked(client, outcomes.REPORT, input={"rollups": [outcomes.rollup(binding)]})
        await _import_noted(db, 1)
        began_at = monotonic()
        first = {
            name: [await _asked(client, each) for _ in range(2)] for name, each in OBSERVED.items()
        }
        rollup = outcomes.rollup(binding, 40, latencyMs=outcomes.histogram(40))
        await _asked(client, outcomes.REPORT, input={"rollups": [rollup]})
        await _import_noted(db, 2)
        again = await _asked(client, OBSERVED["LATENCY"])
        if monotonic() - began_at < observed.SECONDS:
            assert again == first["LATENCY"][0]
        await asyncio.sleep(observed.SECONDS)
        for name, query in OBSERVED.items():
            now = await _asked(client, query)
            assert now != first[name][0], name
            assert now == await _asked(client, f"{query} "), name  # which is another request


async def test_before_any_report_observed_responses_are_cached_like_others(
    serve: Serving, db: Database, database_url: str
) -> None:
    binding = await _registry(db)
    query = OBSERVED["ProviderBinding.successRate"]
    async with serve(operation_timeout_ms=2_000) as client:
        first = [await _asked(client, query) for _ in range(2)]
        await asyncio.sleep(observed.SECONDS)
        with held(database_url, "provider_bindings"):
            assert await _asked(client, query) == first[0]
        await _asked(client, outcomes.REPORT, input={"rollups": [outcomes.rollup(binding, 40)]})
        assert await _asked(client, query) != first[0]  # at once, the first time


async def test_observed_inputs_in_variables_count_as_in_the_document(
    serve: Serving, db: Database
) -> None:
    binding = await _registry(db)
    query = """query ($filter: BindingFilter, $order: BindingOrder) {
        bindings(filter: $filter, orderBy: $order) { nodes { providerModelId } } }"""
    rollup = outcomes.rollup(binding, 40, latencyMs=outcomes.histogram(40))
    given: list[dict[str, Any]] = [
        {"filter": {"healthStates": ["HEALTHY"]}},
        {"order": {"field": "LATENCY", "direction": "DESC"}},
    ]
    async with serve() as client:
        await _asked(client, outcomes.REPORT, input={"rollups": [outcomes.rollup(binding)]})
        first = [[await _asked(client, query, **each) for _ in range(2)][1] for each in given]
        await _asked(client, outcomes.REPORT, input={"rollups": [rollup]})
        await asyncio.sleep(observed.SECONDS)
        for before, each in zip(first, given, strict=True):
            assert await _asked(client, query, **each) != before


async def test_all_other_responses_are_cached_as_long_as_nothing_is_written(
    serve: Serving, db: Database, database_url: str
) -> None:
    """Reports of outcomes write nothing that they depend on, and no time ends them."""
    binding = await _registry(db)
    query = """query ($f: BindingFilter) { bindings(filter: $f) { nodes { routable status price {
        inputPer1k } provider { slug } } } versions { nodes { sloLatencyMs } } }"""
    report = {"rollups": [outcomes.rollup(binding, 40)]}
    async with serve(operation_timeout_ms=2_000) as client:
        await _asked(client, outcomes.REPORT, input=report)
        variables = {"f": {"statuses": ["ACTIVE"]}}
        first = [await _asked(client, query, **variables) for _ in range(2)]
        await _asked(client, outcomes.REPORT, input=report)
        await asyncio.sleep(observed.SECONDS)
        with held(database_url, "provider_bindings"):
            assert await _asked(client, query, **variables) == first[0]


async def test_an_unchanged_observed_response_keeps_its_etag(serve: Serving, db: Database) -> None:
    """So a client that polls transfers nothing, although the response was made anew."""
    binding = await _registry(db)
    report = {"rollups": [outcomes.rollup(binding, 40)]}
    params = {"query": OBSERVED["ProviderBinding.health"]}
    async with serve() as client:
        await _asked(client, outcomes.REPORT, input=report)
        for _ in range(2):
            first = await client.get("/graphql", params=params)
        tag = first.headers["etag"]
        await asyncio.sleep(observed.SECONDS)
        again = await client.get("/graphql", params=params, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")
        await _asked(client, outcomes.REPORT, input=report)
        await asyncio.sleep(observed.SECONDS)
        changed = await client.get("/graphql", params=params, headers={"if-none-match": tag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag


def _declared() -> Iterable[str]:
    for name, type_ in CORE.type_map.items():
        if is_object_type(type_) or is_input_object_type(type_):
            for field_name, field in type_.fields.items():
                if is_observed(field):
                    yield f"{name}.{field_name}"


def test_each_observed_field_and_input_has_a_document_here() -> None:
    assert {*_declared(), *(order.value for order in OBSERVED_ORDERS)} == set(OBSERVED)
    documents = Documents(CORE, Settings(_env_file=None))
    for name, text in OBSERVED.items():
        assert not validate(CORE, parse(text)), name
        (operation,) = documents.get(text).operations.values()
        assert (operation.is_cacheable, operation.is_observed) == (True, True), name


@pytest.mark.parametrize(
    "text",
    [
        "{ bindings { nodes { estimateCost(usage: {inputTokens: 1}) { amount } } } }",
        "{ health: bindings { totalCount } }",
        '{ models(filter: {nameContains: "SUCCESS_RATE"}) { totalCount } }',
        "query route { bindings(orderBy: {field: PRIORITY}) { nodes { routable } } }",
    ],
)
def test_a_name_elsewhere_makes_no_document_observed(text: str) -> None:
    assert not observed.is_in_document(parse(text), NAMES)


async def test_no_field_that_outcomes_change_is_without_its_mark(db: Database) -> None:
    """Each leaf of each type, by each field that leads there, before and after reports."""
    known = await seeded.fill(db)
    gql = GraphQL(db)
    texts = [
        text
        for text in _documents(_given(known))
        if "__schema" not in text and "computedAt" not in text and "decidedAt" not in text
    ]
    texts = [text for text in texts if not validate(CORE, parse(text))]
    before = [await gql(text) for text in texts]
    nodes = (await gql("{ bindings(first: 100) { nodes { id } } }"))["bindings"]["nodes"]
    rollups = [
        outcomes.rollup(node["id"], 60, latencyMs=outcomes.histogram(60), inputTokens="7")
        for node in nodes
    ]
    assert (await outcomes.report(gql, rollups=rollups))["rejected"] == 0
    documents = Documents(CORE, Settings(_env_file=None))
    changed = []
    for text, old in zip(texts, before, strict=True):
        if await gql(text) != old:
            (operation,) = documents.get(text).operations.values()
            assert operation.is_observed or not operation.is_cacheable, text
            changed.append(text)
    assert any("successRate" in text for text in changed)
    assert len(changed) > 10
