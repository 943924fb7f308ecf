"""Every filter and order reads an index, so that the cost grows with the result."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest
from graphql import build_schema
from psycopg.sql import Literal

import schema
from db.postgres.engine import Database
from domain import ids
from resolvers.orders import BindingOrderField, ModelOrderField, VersionOrderField
from tests.db import big_registry
from tests.db.clones import cloned
from tests.graphql import SCHEMA, GraphQL

BIG = {
    *("models", "model_versions", "provider_bindings", "prices"),
    *("model_aliases", "audit_events"),
}
ROWS_READ_MAX = 2_500  # of 100,000 for one page; a value of one row in 500 needs far fewer

MODEL = ids.encode(ids.MODEL, big_registry.key(2, 2_500))
VERSION = ids.encode(ids.VERSION, big_registry.key(3, 12_500))
BINDING = ids.encode(ids.BINDING, big_registry.key(5, 50_001))
MIDDLES = {"models": MODEL, "versions": VERSION, "bindings": BINDING}
HASH = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"  # of "0"
TIMES = '{gte: "2020-01-02T00:00:00Z", lt: "2020-01-02T01:00:00Z"}'

FILTERS = {
    "models": [
        f'ids: ["{MODEL}"]',
        'names: ["model-77", "model-78"]',
        'nameContains: "EL-77"',
        "tasks: OCR",
        'subjects: ["subject-7"]',
        'labels: [{key: "team", value: "team-7"}, {key: "team", value: "team-8"}]',
        'providers: ["provider-7"]',
        "capabilities: COMPUTER_USE",
        "contextWindow: {gte: 24980}",
        "contextWindow: {lte: 20}",
        'releasedOn: {gte: "2026-11-02"}',
        'releasedOn: {gte: "2022-03-01", lte: "2022-03-03"}',
        'regions: ["region-7"]',
        'inputPer1k: {lte: "0.2"}',
        'inputPer1k: {gte: "500", lte: "500.3"}',
        'outputPer1k: {gte: "999.8"}',
        'sunsetOn: {gte: "2030-01-02"}',
        'sunsetOn: {gte: "2030-01-02", lte: "2030-01-09"}',
        'aliases: ["canary"]',
        f"createdAt: {TIMES}",
        'updatedAt: {gte: "2021-01-01T00:00:00Z", lt: "2021-01-01T01:00:00Z"}',
    ],
    "versions": [
        f'ids: ["{VERSION}"]',
        f'models: [{{id: "{MODEL}"}}, {{name: "model-77"}}]',
        'versions: ["77.0.0"]',
        f'contentHashes: ["{HASH}"]',
        'regions: ["region-7"]',
        "statuses: DRAFT",
        'aliases: ["canary"]',
        "evalScore: {gte: 0.999}",
        "evalScore: {lte: 0.001}",
        "evalScore: {gte: 0.5, lte: 0.501}",
        'costPer1k: {gte: "249.9"}',
        'costPer1k: {lte: "0.1"}',
        'costPer1k: {gte: "100", lte: "100.1"}',
        "capabilities: [REASONING]",
        "anyCapability: [REASONING, WEB_SEARCH]",
        'releasedOn: {gte: "2026-10-25"}',
        'releasedOn: {lte: "2020-01-10"}',
        'releasedOn: {gte: "2022-03-01", lte: "2022-03-09"}',
        "rolling: true",
        "held: true",
        'deprecatedOn: {lte: "2028-01-09"}',
        'sunsetOn: {gte: "2030-01-02", lte: "2030-01-09"}',
        'providers: ["provider-7"]',
        f"createdAt: {TIMES}",
    ],
    "bindings": [
        f'ids: ["{BINDING}"]',
        f'versions: ["{VERSION}"]',
        'providers: ["provider-7"]',
        'providerModelIds: ["served-77"]',
        'regions: ["region-7"]',
        "statuses: DRAINING",
        "successRate: {gte: 0.9999}",
        "successRate: {lte: 0.0001}",
        "successRate: {gte: 0.5, lte: 0.5001}",
        "latencyMs: {gte: 1000}",
        "latencyMs: {lte: 1.1}",
        "latencyMs: {gte: 500, lte: 500.1}",
        "healthStates: DEGRADED",
        "healthStates: [HEALTHY, UNHEALTHY]",
        "tasks: OCR",
        f'models: [{{id: "{MODEL}"}}, {{name: "model-77"}}]',
        "versionStatuses: DRAFT",
        'sunsetOn: {gte: "2030-01-02"}',
        'sunsetOn: {lte: "2030-01-09"}',
        'inputPer1k: {gte: "999.9"}',
        'inputPer1k: {lte: "0.1"}',
        'inputPer1k: {gte: "500", lte: "500.1"}',
        'outputPer1k: {gte: "999.9"}',
        'outputPer1k: {lte: "0.1"}',
        'outputPer1k: {gte: "500", lte: "500.1"}',
    ],
}
# Filters that read no index, and the reason.
WITHOUT_INDEX = {
    "ModelFilter.hasActiveVersion": "nearly all models have one",
    "VersionFilter.sloStatuses": "depends on figures and the date, which no index can hold",
    "VersionFilter.hasRoutableBinding": "depends on the date; nearly all versions have one",
    "BindingFilter.routable": "depends on the date; nearly all bindings are routable",
    "BindingFilter.capabilities": "a value of one of two tables; see SCANNED",
    "BindingFilter.anyCapability": "a value of one of two tables; see SCANNED",
    "BindingFilter.contextWindow": "a value of one of two tables; see SCANNED",
    "BindingFilter.hasRegion": "about half of the bindings have one",
    "BindingFilter.listed": "nearly all bindings are listed",
    "ModelFilter.listed": "nearly all models are listed",
    "ModelFilter.versionStatuses": "nearly all models have an ACTIVE version",
}
# Filters by a value of the binding or else of its version: a rare and a common value each.
SCANNED = [
    "capabilities: [VISION]",
    "capabilities: [REASONING]",
    "capabilities: [TOOLS, STREAMING]",
    "anyCapability: [VISION, REASONING]",
    "anyCapability: [TOOLS]",
    "contextWindow: {gte: 1}",
    "healthStates: UNKNOWN",
    "routable: false",
    "listed: true",
    "listed: false",
    "hasRegion: true",
]
# Orders that no index can hold, as they depend on arguments: computed for each row.
COMPUTED = (BindingOrderField.ESTIMATED_COST,)
ORDERS = [
    (connection, f"{{field: {field}, direction: {direction}}}")
    for connection, fields in (
        ("models", ModelOrderField),
        ("versions", VersionOrderField),
        ("bindings", BindingOrderField),
    )
    for field in fields
    if field not in COMPUTED
    for direction in ("ASC", "DESC")
]
# No index holds figures that are measured or set by hand: there is a page of each kind.
BY_FIGURE = (BindingOrderField.SUCCESS_RATE, BindingOrderField.LATENCY)
# Few versions are archived: the index holds these alone, and the others have a page of their own.
BY_FEW = (VersionOrderField.ARCHIVED_AT,)
# The price in effect depends on the clock: an index holds all prices, others than it are left out.
BY_PRICE = (BindingOrderField.INPUT_PER_1K, BindingOrderField.OUTPUT_PER_1K)
# A row counts for its model where no other one of the model comes first: of 5 versions some are
# looked at. The lowest prices have a table of their own.
ROWS_OF_MODEL_MAX = {
    **dict.fromkeys(("RELEASED_ON", "CONTEXT_WINDOW"), 20),
    **dict.fromkeys(("INPUT_PER_1K", "OUTPUT_PER_1K"), 4),
}
READS = [
    """{ retirements(filter: {on: {gte: "2030-01-02", lte: "2030-01-09"}}) {
        totalCount nodes { on version { number } binding { region } } } }""",
    f"{{ priceChanges(filter: {{at: {TIMES}}}) {{ totalCount nodes {{ at inputChange }} }} }}",
    f'{{ model(by: {{id: "{MODEL}"}}) {{ name }} }}',
    '{ model(by: {name: "model-77"}) { latestVersion { number } aliases { name } } }',
    f'{{ version(by: {{contentHash: "{HASH}"}}) {{ aliases {{ name }} model {{ name }} }} }}',
    f'{{ node(id: "{BINDING}") {{ ... on ProviderBinding {{ routable price {{ source }} }} }} }}',
    f'{{ nodes(ids: ["{VERSION}"]) {{ ... on ModelVersion {{ sloStatus }} }} }}',
    *(
        f'{{ model(by: {{name: "model-0"}}) {{ version(select: {{{select}}}) {{ id }} }} }}'
        for select in (
            "latest: true",
            'alias: "canary"',
            'version: "0.0.0"',
            "number: 1",
            f'contentHash: "{HASH}"',
        )
    ),
    "{ models { nodes { versions(first: 3) { nodes { bindings(first: 4) { nodes { id } } } } } } }",
    "{ models { nodes { bindings { totalCount nodes { provider { slug } } } } } }",
    '{ provider(slug: "provider-7") { bindings { nodes { prices { nodes { source } } } } } }',
    """{ models { nodes { aliases { history(first: 2) { totalCount nodes {
        versionNumber versionLabel version { id } } } } } } }""",
    """{ models { nodes {
        version(select: {alias: "production"}, at: "2020-02-01T00:00:00Z") { id } } } }""",
    """{ models { nodes { versions(filter: {statuses: ACTIVE}, orderBy: {field: EVAL_SCORE}) {
        nodes { bindings(filter: {routable: true}, orderBy: {field: INPUT_PER_1K}) {
        nodes { id } } } } } } }""",
]

Statement = tuple[str, Any]
_PARAMETER = re.compile(r"%\((\w+)\)[sbt]")
_CUSTOM_PLANS = 5  # before a generic one; see plancache.c, choose_custom_plan


@pytest.fixture(scope="module")
async def gql(postgres_url: str, template: str) -> AsyncIterator[GraphQL]:
    """A caller of the big registry."""
    with cloned(postgres_url, template) as url:
        database = Database(url)
        try:
            await big_registry.seed(database, url)
            yield GraphQL(database)
        finally:
            await database.close()


async def _sent(gql: GraphQL, document: str, **variables: Any) -> tuple[Any, list[Statement]]:
    """A document's data, and the statements that it sends, with their parameters."""
    sent: list[Statement] = []

    def listen(statement: str, values: Any) -> None:
        sent.append((statement, values))

    gql.db.statement_listeners.append(listen)
    try:
        return await gql(document, **variables), sent
    finally:
        gql.db.statement_listeners.remove(listen)


def _steps(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _steps(inner)


async def _explained(gql: GraphQL, statement: Statement) -> list[Mapping[str, Any]]:
    """The steps of PostgreSQL's plan for a statement that is run often.

    From the sixth execution on, a prepared statement may have a generic plan.
    """
    text, values = statement
    names = list(dict.fromkeys(_PARAMETER.findall(text)))
    numbered = _PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", text)
    arguments = ", ".join(Literal(values[name]).as_string() for name in names)
    call = f"EXECUTE explained({arguments})" if names else "EXECUTE explained"
    async with gql.db.reader.pool.connection() as connection:
        prepared = await connection.execute("SELECT statement FROM pg_prepared_statements")
        is_prepared = (numbered,) in await prepared.fetchall()
        await connection.execute(f"PREPARE explained AS {numbered}", prepare=False)
        for _ in range(_CUSTOM_PLANS if is_prepared else 0):
            await connection.execute(call, prepare=False)
        explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {call}"
        cursor = await connection.execute(explain, prepare=False)
        ((plan,),) = await cursor.fetchall()
        await connection.execute("DEALLOCATE explained", prepare=False)
    return list(_steps(plan[0]["Plan"]))


def _rows_read(steps: list[Mapping[str, Any]]) -> float:
    """The number of rows that scans read, including those that a filter removed."""
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(
        (step["Actual Rows"] + sum(step.get(name, 0) for name in removed)) * step["Actual Loops"]
        for step in steps
        if "Scan" in step["Node Type"]
    )


def _described(steps: list[Mapping[str, Any]]) -> str:
    names = ("Node Type", "Relation Name", "Index Name", "Filter", "Actual Rows", "Actual Loops")
    return "\n".join(str({name: step[name] for name in names if name in step}) for step in steps)


def _field(order: str) -> str:
    """The field of an order's text."""
    return order.removeprefix("{field: ").partition(",")[0]


async def _assert_indexed(gql: GraphQL, sent: list[Statement]) -> None:
    assert sent
    for statement in sent:
        steps = await _explained(gql, statement)
        scanned = {step["Relation Name"] for step in steps if step["Node Type"] == "Seq Scan"}
        assert not scanned & BIG, f"{statement[0]}\n{_described(steps)}"
        assert _rows_read(steps) < ROWS_READ_MAX, f"{statement[0]}\n{_described(steps)}"


@pytest.mark.parametrize(
    ("connection", "condition"),
    [(connection, each) for connection, conditions in FILTERS.items() for each in conditions],
)
async def test_a_selective_filter_reads_an_index(
    gql: GraphQL, connection: str, condition: str
) -> None:
    document = f"{{ {connection}(filter: {{{condition}}}) {{ totalCount nodes {{ id }} }} }}"
    data, sent = await _sent(gql, document)
    assert 0 < data[connection]["totalCount"] <= 500
    await _assert_indexed(gql, sent)


@pytest.mark.parametrize("condition", SCANNED)
async def test_a_filter_without_index_reads_no_row_twice(gql: GraphQL, condition: str) -> None:
    for selection in ("nodes { id }", "totalCount"):
        document = f"{{ bindings(filter: {{{condition}}}) {{ {selection} }} }}"
        _, sent = await _sent(gql, document)
        for statement in sent:
            steps = await _explained(gql, statement)
            rows_max = 2 * big_registry.BINDINGS  # a join reads two tables
            assert _rows_read(steps) <= rows_max, f"{statement[0]}\n{_described(steps)}"


def test_every_filter_is_tested_or_has_a_reason() -> None:
    """A new filter is tested here, or has a reason in WITHOUT_INDEX."""
    declared_types = build_schema(schema.sdl(SCHEMA)).type_map
    types = {"ModelFilter": "models", "VersionFilter": "versions", "BindingFilter": "bindings"}
    for type_name, connection in types.items():
        measured = {f"{type_name}.{each.partition(':')[0]}" for each in FILTERS[connection]}
        declared = {f"{type_name}.{name}" for name in declared_types[type_name].fields}
        exempt = {name for name in WITHOUT_INDEX if name.startswith(type_name)}
        assert measured | exempt == declared
        assert not measured & exempt


@pytest.mark.parametrize(("connection", "order"), ORDERS)
async def test_an_order_reads_its_index_on_every_page(
    gql: GraphQL, connection: str, order: str
) -> None:
    middle = f'orderBy: {order}, filter: {{ids: ["{MIDDLES[connection]}"]}}'
    data = await gql(f"{{ {connection}({middle}) {{ edges {{ cursor }} }} }}")
    cursor = data[connection]["edges"][0]["cursor"]
    for page in ("first: 100", f'first: 100, after: "{cursor}"', f'last: 100, before: "{cursor}"'):
        document = f"{{ {connection}({page}, orderBy: {order}) {{ nodes {{ id }} }} }}"
        data, sent = await _sent(gql, document)
        assert len(data[connection]["nodes"]) == 100
        (steps,) = [await _explained(gql, statement) for statement in sent]
        if any(f"field: {field}," in order for field in BY_FIGURE):
            await _assert_indexed(gql, sent)
            listed = (each for each in steps if each.get("Relation Name") == "provider_bindings")
            # one of each kind, and those that were measured in between
            assert _rows_read(list(listed)) <= 2 * 101 + 20, _described(steps)
            continue
        if connection == "models" and (field := _field(order)) in ROWS_OF_MODEL_MAX:
            assert _rows_read(steps) <= ROWS_OF_MODEL_MAX[field] * 101, _described(steps)
            continue
        if any(f"field: {field}," in order for field in BY_FEW):
            await _assert_indexed(gql, sent)
            assert _rows_read(steps) <= 4 * 101, _described(steps)  # the page is read twice
            continue
        if any(f"field: {field}," in order for field in BY_PRICE):
            # prices and their bindings, and the future and past prices in between
            assert _rows_read(steps) <= 5 * 101, _described(steps)
            continue
        # Incremental Sort where the key is unique, since then its index has no id
        node_types = {step["Node Type"] for step in steps}
        assert node_types <= {"Limit", "Index Scan", "Incremental Sort"}, _described(steps)
        assert _rows_read(steps) <= 105, _described(steps)  # with the health of few bindings


async def test_an_order_that_is_computed_reads_each_row_once(gql: GraphQL) -> None:
    """A binding, its version's day of release, and its prices up to the one in effect."""
    document = "{ bindings(orderBy: {field: ESTIMATED_COST}) { nodes { id } } }"
    _, (statement,) = await _sent(gql, document)
    steps = await _explained(gql, statement)
    assert _rows_read(steps) <= 4 * big_registry.BINDINGS, _described(steps)


async def test_the_latest_version_of_many_models_is_one_row_of_each(gql: GraphQL) -> None:
    """And the one after it, which tells whether there are more."""
    document = "{ models(first: 100) { nodes { latestVersion { number } } } }"
    _, (_, statement) = await _sent(gql, document)
    steps = await _explained(gql, statement)
    (scan,) = [step for step in steps if step.get("Relation Name") == "model_versions"]
    assert scan["Index Name"] == "ix_model_versions_model_id_status_release_order"
    assert scan["Actual Loops"] * scan["Actual Rows"] <= 300, _described(steps)


@pytest.mark.parametrize("name", ["model-77", "MODEL-77"])
async def test_a_name_in_any_case_is_looked_up_in_the_unique_index(gql: GraphQL, name: str) -> None:
    document = f'{{ model(by: {{name: "{name}"}}) {{ name }} }}'
    data, (statement,) = await _sent(gql, document)
    assert data == {"model": {"name": "model-77"}}
    (scan,) = [step for step in await _explained(gql, statement) if "Index Name" in step]
    assert (scan["Index Name"], scan["Actual Rows"]) == ("uq_models_name", 1)


@pytest.mark.parametrize("document", READS)
async def test_a_read_reads_indexes(gql: GraphQL, document: str) -> None:
    data, sent = await _sent(gql, document)
    assert None not in data.values()
    await _assert_indexed(gql, sent)
