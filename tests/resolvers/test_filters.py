"""The filters by what a binding or a latest version offers, by days, and by what catalogs list."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from domain.enums import Capability, TaskType, VersionStatus
from tests import factories
from tests.db.clones import opened
from tests.graphql import GraphQL

TOOLS, VISION, REASONING = Capability.TOOLS, Capability.VISION, Capability.REASONING
MODELS = {"known", "unknown", "none", "draft"}
BINDINGS = {"as-version", "own", "own-none", "of-unknown", "of-none", "of-draft"}


@pytest.fixture(scope="module")
async def gql(postgres_url: str, template: str) -> AsyncIterator[GraphQL]:
    """Models whose latest versions know their capabilities, do not, have none, or are a draft."""
    async with opened(postgres_url, template) as db:
        await _insert(db)
        yield GraphQL(db)


async def _insert(db: Any) -> None:
    provider, other = [await factories.provider(db, slug=slug) for slug in ("one", "two")]
    latest, of_unknown, of_none, of_draft = await _insert_versions(db)
    given: list[tuple[Any, str, dict[str, Any]]] = [
        (latest, "as-version", {"region": "eu", "sunset_on": date(2029, 6, 30)}),
        (latest, "own", {"capabilities": [TOOLS], "context_window": 50}),
        (latest, "own-none", {"capabilities": []}),
        (of_unknown, "of-unknown", {"context_window": 200, "sunset_on": date(2029, 7, 1)}),
        (of_none, "of-none", {}),
        (of_draft, "of-draft", {}),
    ]
    rows = {
        name: await factories.binding(db, version, provider, provider_model_id=name, **columns)
        for version, name, columns in given
    }
    await factories.binding(db, of_none, other, provider_model_id="of-none")
    catalog = await factories.catalog(db)
    await factories.entry(db, catalog, rows["as-version"])
    await factories.entry(db, catalog, rows["own"])
    gone = {"delisted_at": factories.EPOCH, "last_seen_at": factories.EPOCH}
    await factories.entry(db, catalog, rows["own"], **gone)
    await factories.entry(db, catalog, rows["of-none"], **gone)


async def _insert_versions(db: Any) -> list[Any]:
    """The version of each model that has bindings."""
    tasks = {"known": "CHAT", "unknown": "OCR", "none": "OCR", "draft": "CHAT"}
    known, unknown, none, draft = [
        await factories.model(db, name=name, task=TaskType(task)) for name, task in tasks.items()
    ]
    days = {"deprecated_on": date(2029, 1, 1), "sunset_on": date(2030, 1, 1)}
    # its rolling version is the latest, although another has a higher number
    latest = await factories.version(
        db, known, rolling=True, capabilities=[TOOLS, VISION], context_window=100, **days
    )
    await factories.version(db, known, capabilities=[REASONING], sunset_on=date(2031, 1, 1))
    of_unknown = await factories.version(db, unknown, capabilities=None)
    of_none = await factories.version(db, none, capabilities=[], sunset_on=date(2030, 1, 2))
    draft_columns = {"capabilities": [TOOLS], "sunset_on": date(2030, 1, 1)}
    of_draft = await factories.version(db, draft, status=VersionStatus.DRAFT, **draft_columns)
    await factories.alias(db, latest, "production")
    await factories.alias(db, of_none, "canary")
    return [latest, of_unknown, of_none, of_draft]


async def _found(gql: GraphQL, connection: str, field: str, condition: str) -> set[str]:
    document = f"{{ {connection}(filter: {{{condition}}}) {{ totalCount nodes {{ {field} }} }} }}"
    page = (await gql(document))[connection]
    assert page["totalCount"] == len(page["nodes"])
    return {node[field] for node in page["nodes"]}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("capabilities: TOOLS", {"as-version", "own", "of-draft"}),
        ("capabilities: [TOOLS, VISION]", {"as-version"}),
        ("capabilities: [VISION, TOOLS, VISION]", {"as-version"}),
        ("capabilities: REASONING", set()),
        ("capabilities: []", BINDINGS),
        ("capabilities: null", BINDINGS),
        ("anyCapability: [VISION, REASONING]", {"as-version"}),
        ("anyCapability: [TOOLS, VISION]", {"as-version", "own", "of-draft"}),
        ("anyCapability: []", set()),
        ("contextWindow: {gte: 60}", {"as-version", "own-none", "of-unknown"}),
        ("contextWindow: {lte: 100}", {"as-version", "own-none", "own"}),
        ("contextWindow: {gte: 50, lte: 50}", {"own"}),
        ("contextWindow: {}", {"as-version", "own-none", "own", "of-unknown"}),
        ("contextWindow: {gte: 2147483647}", set()),
        ("tasks: CHAT", {"as-version", "own", "own-none", "of-draft"}),
        ("tasks: [OCR, SEARCH]", {"of-unknown", "of-none"}),
        ("tasks: []", set()),
        ('models: [{name: "none"}, {name: "draft"}]', {"of-none", "of-draft"}),
        ('models: [{name: "nobody"}, {id: "nonsense"}]', set()),
        ("models: []", set()),
        ("versionStatuses: DRAFT", {"of-draft"}),
        ("versionStatuses: [DRAFT, ACTIVE]", BINDINGS),
        ("versionStatuses: []", set()),
        ('sunsetOn: {gte: "2029-06-30", lte: "2029-06-30"}', {"as-version"}),
        ('sunsetOn: {gte: "2029-07-01"}', {"of-unknown"}),
        ('sunsetOn: {lte: "2029-06-30"}', {"as-version"}),
        ('sunsetOn: {gte: "0001-01-01", lte: "9999-12-31"}', {"as-version", "of-unknown"}),
        ("sunsetOn: {}", {"as-version", "of-unknown"}),
        ('sunsetOn: {gte: "2030-01-01", lte: "2029-01-01"}', set()),
        ("sunsetOn: null", BINDINGS),
        ("hasRegion: true", {"as-version"}),
        ("hasRegion: false", BINDINGS - {"as-version"}),
        ("listed: true", {"as-version", "own"}),
        ("listed: false", BINDINGS - {"as-version", "own"}),
        ("listed: null", BINDINGS),
        ("capabilities: TOOLS, contextWindow: {lte: 99}", {"own"}),
    ],
)
async def test_a_filter_selects_bindings_by_their_effective_values(
    gql: GraphQL, condition: str, expected: set[str]
) -> None:
    condition = f'providers: ["one"], {condition}'
    assert await _found(gql, "bindings", "providerModelId", condition) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("capabilities: TOOLS", {"known"}),
        ("capabilities: [TOOLS, VISION]", {"known"}),
        ("capabilities: REASONING", set()),  # of a version that is not the latest
        ("capabilities: []", MODELS),
        ("capabilities: null", MODELS),
        ('sunsetOn: {lte: "2030-01-01"}', {"known", "unknown"}),
        ('sunsetOn: {gte: "2029-06-30", lte: "2029-06-30"}', {"known"}),  # of a binding
        ('sunsetOn: {gte: "2029-07-01", lte: "2029-07-01"}', {"unknown"}),
        ('sunsetOn: {gte: "2030-01-01", lte: "2030-01-02"}', {"known", "none"}),
        ('sunsetOn: {gte: "2030-01-03"}', set()),
        ("sunsetOn: {}", {"known", "unknown", "none"}),
        ('aliases: ["production"]', {"known"}),
        ('aliases: ["production", "canary", "nobody"]', {"known", "none"}),
        ("aliases: []", set()),
        ("listed: true", {"known"}),
        ("listed: false", MODELS - {"known"}),
        ("capabilities: TOOLS, listed: false", set()),
    ],
)
async def test_a_filter_selects_models_by_their_latest_version_or_by_a_binding(
    gql: GraphQL, condition: str, expected: set[str]
) -> None:
    assert await _found(gql, "models", "name", condition) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('deprecatedOn: {lte: "2029-01-01"}', ["2030-01-01"]),
        ('deprecatedOn: {gte: "2029-01-02"}', []),
        ("deprecatedOn: {}", ["2030-01-01"]),
        ('sunsetOn: {gte: "2030-01-02"}', ["2030-01-02", "2031-01-01"]),
        ('sunsetOn: {gte: "2030-01-01", lte: "2030-01-01"}', ["2030-01-01", "2030-01-01"]),
        ('providers: ["two"]', ["2030-01-02"]),
        ('providers: ["nobody"]', []),
        ("providers: []", []),
    ],
)
async def test_a_filter_selects_versions(gql: GraphQL, condition: str, expected: list[str]) -> None:
    document = f"{{ versions(filter: {{{condition}}}) {{ nodes {{ sunsetOn }} }} }}"
    nodes = (await gql(document))["versions"]["nodes"]
    assert sorted(node["sunsetOn"] for node in nodes) == expected


async def test_bindings_are_ordered_by_their_sunset_and_unknown_ones_come_last(
    gql: GraphQL,
) -> None:
    for direction, known in (
        ("ASC", ["2029-06-30", "2029-07-01"]),
        ("DESC", ["2029-07-01", "2029-06-30"]),
    ):
        order = f"orderBy: {{field: SUNSET_ON, direction: {direction}}}"
        data = await gql(f"{{ bindings({order}) {{ nodes {{ sunsetOn }} }} }}")
        found = [node["sunsetOn"] for node in data["bindings"]["nodes"]]
        assert found == known + [None] * (len(found) - 2)


async def test_a_filter_of_a_nested_connection_selects_its_parents_rows(gql: GraphQL) -> None:
    document = """{ models(filter: {capabilities: [TOOLS, VISION]}) { nodes { latestVersion {
        bindings(filter: {capabilities: TOOLS}, orderBy: {field: INPUT_PER_1K}, first: 1) {
        totalCount } } bindings(filter: {anyCapability: VISION, listed: true}) {
        nodes { providerModelId } } } } }"""
    (model,) = (await gql(document))["models"]["nodes"]
    assert model["bindings"]["nodes"] == [{"providerModelId": "as-version"}]
