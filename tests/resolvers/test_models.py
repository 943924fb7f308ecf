"""Models: lookup, filters, and the selection of a version."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from domain.enums import TaskType, VersionStatus
from tests import factories
from tests.db.clones import opened
from tests.graphql import GraphQL

ACTIVE, DRAFT = VersionStatus.ACTIVE, VersionStatus.DRAFT
HASH = "ab" * 32
NO_ID = "mdl_" + "0" * 32


@pytest.fixture(scope="module")
async def gql(postgres_url: str, template: str) -> AsyncIterator[GraphQL]:
    """Four models that differ in every field of the filter."""
    async with opened(postgres_url, template) as db:
        one, two = [await factories.provider(db, slug=slug) for slug in ("one", "two")]
        rows: dict[str, Any] = {}
        for day, (name, task, subject, labels) in enumerate(
            [
                ("alpha", TaskType.CHAT, "math", {"team": "red", "tier": "gold"}),
                ("Vendor/alpha-2", TaskType.CHAT, "law", {"team": "blue"}),
                ("beta_x", TaskType.OCR, None, {}),
                ("gamma.e", TaskType.SEARCH, "math", {"gold": "tier"}),
            ]
        ):
            rows[name] = await factories.model(
                db,
                name=name,
                task=task,
                subject=subject,
                labels=labels,
                created_at=factories.EPOCH + timedelta(days=day),
                updated_at=factories.EPOCH + timedelta(days=10 - day),
            )
        alpha, second, beta = (rows[name] for name in ("alpha", "Vendor/alpha-2", "beta_x"))
        first = await factories.version(db, alpha, number=1, version="1.0.0")
        await factories.version(db, alpha, number=2, version="1.1.0+5", content_hash=HASH)
        await factories.version(db, alpha, number=3, version="2.0.0-rc.1", status=DRAFT)
        await factories.alias(db, first)
        await factories.alias(db, first, "canary")
        other = await factories.version(db, second, status=DRAFT)
        third = await factories.version(db, beta, status=ACTIVE)
        await factories.alias(db, third, "canary")
        for version, provider in ((first, one), (first, two), (other, two)):
            await factories.binding(db, version, provider)
        yield GraphQL(db)


async def _names(gql: GraphQL, condition: str, **variables: Any) -> set[str]:
    declared = "($ids: [ID!]) " if variables else ""
    document = (
        f"query {declared}{{ models(filter: {{{condition}}}) {{ totalCount nodes {{ name }} }} }}"
    )
    page = (await gql(document, **variables))["models"]
    assert page["totalCount"] == len(page["nodes"])
    return {node["name"] for node in page["nodes"]}


A, A2, B, G = "alpha", "Vendor/alpha-2", "beta_x", "gamma.e"
ALL = {A, A2, B, G}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", ALL),
        ('names: ["alpha", "gamma.e", "nobody"]', {A, G}),
        ('names: ["ALPHA"]', {"alpha"}),
        ("names: []", set()),
        ("names: null", ALL),
        ('nameContains: "alpha"', {A, A2}),
        ('nameContains: "ALPHA-"', {A2}),
        ('nameContains: "vendor/ALPHA"', {A2}),
        ('nameContains: "ha-2"', {A2}),
        ('nameContains: "phal"', set()),
        ('nameContains: "a"', ALL),
        ('nameContains: "%"', set()),
        ('nameContains: "_x"', {B}),
        ('nameContains: "_"', {B}),
        ('nameContains: "a.e"', {G}),
        ('nameContains: "a\\\\"', set()),
        ('nameContains: ""', ALL),
        ('nameContains: "aaaa"', set()),
        ("nameContains: null", ALL),
        ("tasks: CHAT", {A, A2}),
        ("tasks: [OCR, SEARCH]", {B, G}),
        ("tasks: []", set()),
        ('subjects: ["math"]', {A, G}),
        ('subjects: ["math", "law"]', {A, A2, G}),
        ("subjects: []", set()),
        ('labels: [{key: "team", value: "red"}]', {A}),
        ('labels: [{key: "team", value: "red"}, {key: "team", value: "blue"}]', {A, A2}),
        ('labels: [{key: "team", value: "gold"}]', set()),
        ('labels: [{key: "tier", value: "gold"}]', {A}),
        ("labels: []", set()),
        ('providers: ["one"]', {A}),
        ('providers: ["one", "two"]', {A, A2}),
        ('providers: ["three"]', set()),
        ("providers: []", set()),
        ("hasActiveVersion: true", {A, B}),
        ("hasActiveVersion: false", {A2, G}),
        ("hasActiveVersion: null", ALL),
        ('createdAt: {gte: "2020-01-02T00:00:00Z"}', {A2, B, G}),
        ('createdAt: {lt: "2020-01-02T00:00:00Z"}', {A}),
        ('createdAt: {gte: "2020-01-02T01:00:00+01:00", lt: "2020-01-03T00:00:00Z"}', {A2}),
        ("createdAt: {gte: null, lt: null}", ALL),
        ("createdAt: {}", ALL),
        ('updatedAt: {gte: "2020-01-10T00:00:00Z"}', {A, A2}),
        ('updatedAt: {lt: "2020-01-10T00:00:00Z"}', {B, G}),
        ('createdAt: {gte: "0001-01-01T00:00:00Z", lt: "9999-12-31T23:59:59Z"}', ALL),
        ('tasks: CHAT, subjects: ["law"]', {A2}),
        ('tasks: CHAT, nameContains: "gamma"', set()),
        ('ids: ["ver_00000000000000000000000000000001", "", "mdl_", "alpha"]', set()),
        ("ids: []", set()),
        ("ids: null", ALL),
    ],
)
async def test_a_filter_selects_matching_models(
    gql: GraphQL, condition: str, expected: set[str]
) -> None:
    assert await _names(gql, condition) == expected


async def _id(gql: GraphQL, name: str) -> str:
    document = "query ($name: String!) { model(by: {name: $name}) { id } }"
    return str((await gql(document, name=name))["model"]["id"])


async def test_ids_select_models(gql: GraphQL) -> None:
    ids = [await _id(gql, A), await _id(gql, B)]
    assert await _names(gql, "ids: $ids", ids=ids) == {A, B}
    assert await _names(gql, 'ids: $ids, names: ["alpha"]', ids=ids) == {A}
    assert await _names(gql, "ids: $ids", ids=[ids[0], ids[0], "nonsense"]) == {A}


async def test_one_model_is_found_by_id_or_name(gql: GraphQL) -> None:
    by_id = await gql(
        "query ($id: ID!) { model(by: {id: $id}) { name task subject labels { key value } } }",
        id=await _id(gql, A),
    )
    assert by_id["model"] == {
        "name": "alpha",
        "task": "CHAT",
        "subject": "math",
        "labels": [{"key": "team", "value": "red"}, {"key": "tier", "value": "gold"}],
    }


@pytest.mark.parametrize(
    "by",
    [
        'name: "nobody"',
        'name: ""',
        f'id: "{NO_ID}"',
        'id: ""',
        'id: "alpha"',
        f'id: "{NO_ID.replace("mdl", "ver")}"',
        f'id: "{NO_ID.upper()}"',
    ],
)
async def test_a_model_that_does_not_exist_is_null(gql: GraphQL, by: str) -> None:
    assert await gql(f"{{ model(by: {{{by}}}) {{ id }} }}") == {"model": None}


async def test_an_id_of_another_type_finds_no_model(gql: GraphQL) -> None:
    other = (await _id(gql, A)).replace("mdl_", "ver_")
    assert await gql("query ($id: ID!) { model(by: {id: $id}) { id } }", id=other) == {
        "model": None
    }


@pytest.mark.parametrize("by", ["", 'name: "a", id: "b"', "name: null", 'id: null, name: "a"'])
async def test_a_reference_needs_exactly_one_field(gql: GraphQL, by: str) -> None:
    _, message = await gql.error(f"{{ model(by: {{{by}}}) {{ id }} }}")
    assert "ModelRef" in message


@pytest.mark.parametrize(
    ("select", "number"),
    [
        ("latest: true", 2),  # the third is a draft
        ('alias: "production"', 1),
        ('alias: "canary"', 1),
        ('alias: "nobody"', None),
        ('version: "1.0.0"', 1),
        ('version: "1.1.0+5"', 2),
        ('version: "1.1.0"', None),  # another text, though of the same precedence
        ('version: "2.0.0-rc.1"', 3),
        ("number: 3", 3),
        ("number: 4", None),
        ("number: 0", None),
        ("number: -2147483648", None),
        (f'contentHash: "{HASH}"', 2),
        (f'contentHash: "{"0" * 64}"', None),
    ],
)
async def test_a_selector_picks_a_version(gql: GraphQL, select: str, number: int | None) -> None:
    data = await gql(
        f'{{ model(by: {{name: "alpha"}}) {{ version(select: {{{select}}}) {{ number }} }} }}'
    )
    assert data["model"]["version"] == (number and {"number": number})
    inside = f'inModel: {{model: {{name: "alpha"}}, select: {{{select}}}}}'
    data = await gql(f"{{ version(by: {{{inside}}}) {{ number }} }}")
    assert data["version"] == (number and {"number": number})


async def test_latest_false_is_refused(gql: GraphQL) -> None:
    for document in (
        "{ models { nodes { version(select: {latest: false}) { id } } } }",
        '{ version(by: {inModel: {model: {name: "a"}, select: {latest: false}}}) { id } }',
    ):
        code, message = await gql.error(document)
        assert (code, "latest" in message) == ("BAD_USER_INPUT", True)


@pytest.mark.parametrize("select", ["", "latest: null", 'number: 1, alias: "production"'])
async def test_a_selector_has_exactly_one_field(gql: GraphQL, select: str) -> None:
    document = f"{{ models {{ nodes {{ version(select: {{{select}}}) {{ id }} }} }} }}"
    _, message = await gql.error(document)
    assert "VersionSelector" in message


async def test_each_model_has_its_own_version_and_aliases(gql: GraphQL) -> None:
    data = await gql(
        """{ models(orderBy: {field: NAME}) { nodes {
            name latestVersion { status } version(select: {alias: "canary"}) { model { name } }
            aliases { name } } } }"""
    )
    versions = {
        node["name"]: (
            node["latestVersion"] is not None,
            node["version"] and node["version"]["model"]["name"],
            [alias["name"] for alias in node["aliases"]],
        )
        for node in data["models"]["nodes"]
    }
    assert versions == {
        A: (True, A, ["canary", "production"]),
        A2: (False, None, []),
        B: (True, B, ["canary"]),
        G: (False, None, []),
    }


async def test_a_model_has_only_its_own_versions_and_bindings(gql: GraphQL) -> None:
    data = await gql(
        """{ model(by: {name: "alpha"}) {
            versions { totalCount nodes { number } }
            active: versions(filter: {statuses: ACTIVE}) { totalCount nodes { number } }
            bindings { totalCount nodes { version { number } } }
            served: bindings(filter: {providers: ["two"]}) { totalCount }
        } }"""
    )
    assert data["model"] == {
        "versions": {"totalCount": 3, "nodes": [{"number": n} for n in (3, 2, 1)]},
        "active": {"totalCount": 2, "nodes": [{"number": n} for n in (2, 1)]},
        "bindings": {"totalCount": 2, "nodes": [{"version": {"number": 1}}] * 2},
        "served": {"totalCount": 1},
    }
