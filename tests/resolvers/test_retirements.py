"""Retirements: their days and their order, their filter, and the successors that are proposed."""

from datetime import date
from typing import Any

import pytest

from db.tables import Model, ModelVersion
from domain.enums import BindingStatus, Capability, TaskType, VersionStatus
from tests import factories
from tests.graphql import GraphQL

RETIREMENTS = """query ($filter: RetirementFilter, $first: Int, $after: String) {
  retirements(filter: $filter, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      on kind
      version { id version aliasNames }
      binding { id }
      successor { rule modelName versionLabel version { version model { name } } }
    }
  }
}"""
DAY = date(2030, 6, 15)
BEFORE, AFTER = date(2030, 6, 14), date(2030, 6, 16)


async def _retirements(gql: GraphQL, **filter: Any) -> list[dict[str, Any]]:
    page = (await gql(RETIREMENTS, filter=filter))["retirements"]
    assert page["totalCount"] == len(page["nodes"])
    return list(page["nodes"])


async def _proposed(gql: GraphQL) -> tuple[str, str] | None:
    """The rule and the version of the successor of the only retirement."""
    [found] = await _retirements(gql, on={"gte": str(DAY), "lte": str(DAY)})
    successor = found["successor"]
    if successor is None:
        return None
    assert successor["version"]["version"] == successor["versionLabel"]
    assert successor["version"]["model"]["name"] == successor["modelName"]
    return successor["rule"], successor["versionLabel"]


async def _version(gql: GraphQL, of: Model, *, served: bool = False, **columns: Any) -> str:
    row = await factories.version(gql.db, of, **columns)
    if served:
        await factories.binding(gql.db, row)
    return row.version


async def test_each_day_of_a_version_and_of_a_binding_is_one(gql: GraphQL) -> None:
    model = await factories.model(gql.db)
    both = await factories.version(gql.db, model, deprecated_on=DAY, sunset_on=DAY)
    ending = await factories.version(gql.db, model, sunset_on=BEFORE)
    await factories.version(gql.db, model)
    binding = await factories.binding(gql.db, both, sunset_on=AFTER)
    await factories.binding(gql.db, both)
    await factories.alias(gql.db, both)
    found = await _retirements(gql)
    assert [(node["on"], node["kind"], node["version"]["id"]) for node in found] == [
        ("2030-06-14", "SUNSET", ending.node_id),
        ("2030-06-15", "DEPRECATION", both.node_id),
        ("2030-06-15", "SUNSET", both.node_id),
        ("2030-06-16", "SUNSET", both.node_id),
    ]
    assert [node["binding"] for node in found] == [None] * 3 + [{"id": binding.node_id}]
    assert [node["version"]["aliasNames"] for node in found] == [[]] + [["production"]] * 3


async def test_archived_versions_retire_no_more(gql: GraphQL) -> None:
    model = await factories.model(gql.db)
    archived = {"status": VersionStatus.ARCHIVED, "archived_at": factories.EPOCH}
    await factories.version(gql.db, model, sunset_on=DAY, deprecated_on=BEFORE, **archived)
    assert await _retirements(gql) == []


async def test_all_pages_have_each_retirement_once(gql: GraphQL) -> None:
    model = await factories.model(gql.db)
    for _ in range(4):
        version = await factories.version(gql.db, model, deprecated_on=DAY, sunset_on=DAY)
        await factories.binding(gql.db, version, sunset_on=DAY)
    seen: list[Any] = []
    after, has_more = None, True
    while has_more:
        page = (await gql(RETIREMENTS, first=5, after=after))["retirements"]
        seen += page["nodes"]
        after, has_more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert len({(n["kind"], n["version"]["id"], str(n["binding"])) for n in seen}) == 12
    assert len(seen) == 12
    assert [node["kind"] for node in seen] == ["DEPRECATION"] * 4 + ["SUNSET"] * 8


async def test_a_filter_selects_retirements(gql: GraphQL) -> None:
    first, second = await factories.model(gql.db), await factories.model(gql.db)
    old = await factories.version(gql.db, first, sunset_on=DAY)
    await factories.alias(gql.db, old)
    provider = await factories.provider(gql.db)
    await factories.binding(gql.db, old, provider, sunset_on=BEFORE)
    await factories.version(gql.db, second, deprecated_on=AFTER)
    for filter_, days in (
        ({"on": {"gte": "2030-06-15"}}, ["2030-06-15", "2030-06-16"]),
        ({"on": {"lte": "2030-06-14"}}, ["2030-06-14"]),
        ({"kinds": ["DEPRECATION"]}, ["2030-06-16"]),
        ({"kinds": []}, []),
        ({"models": [{"name": first.name}]}, ["2030-06-14", "2030-06-15"]),
        ({"providers": [provider.slug]}, ["2030-06-14", "2030-06-15"]),
        ({"providers": ["another"]}, []),
        ({"hasAlias": True}, ["2030-06-14", "2030-06-15"]),
        ({"hasAlias": False}, ["2030-06-16"]),
    ):
        assert [node["on"] for node in await _retirements(gql, **filter_)] == days, filter_


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        ({}, {}, True),
        ({}, {"sunset_on": AFTER}, True),
        ({}, {"sunset_on": DAY}, False),
        ({}, {"status": BindingStatus.DISABLED}, False),
        ({"sunset_on": DAY}, {}, False),
        ({"deprecated_on": BEFORE}, {}, False),
        ({"status": VersionStatus.DEPRECATED}, {}, False),
    ],
)
async def test_another_binding_can_go_on(
    gql: GraphQL, own: dict[str, Any], other: dict[str, Any], expected: bool
) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db), **own)
    binding = await factories.binding(gql.db, version, sunset_on=DAY)
    await factories.binding(gql.db, version, **other)
    found = await _retirements(gql, on={"gte": str(DAY), "lte": str(DAY)})
    [successor] = [n["successor"] for n in found if n["binding"] == {"id": binding.node_id}]
    shown = successor and (successor["rule"], successor["versionLabel"])
    assert shown == (("OTHER_BINDING", version.version) if expected else None)


async def test_the_latest_version_of_the_model_that_lasts_succeeds(gql: GraphQL) -> None:
    model = await factories.model(gql.db)
    await _version(gql, model)  # before the one that retires
    await _version(gql, model, sunset_on=DAY, served=True)
    assert await _proposed(gql) is None
    await _version(gql, model, status=VersionStatus.DRAFT)
    assert await _proposed(gql) is None
    next_ = await _version(gql, model, sunset_on=AFTER, deprecated_on=AFTER)
    assert await _proposed(gql) == ("SAME_MODEL", next_)
    await _version(gql, model, deprecated_on=BEFORE)
    assert await _proposed(gql) == ("SAME_MODEL", next_)
    last = await _version(gql, model)
    assert await _proposed(gql) == ("SAME_MODEL", last)


JUNE, JULY = date(2025, 6, 1), date(2025, 7, 1)


@pytest.mark.parametrize(
    ("retiring", "other", "is_later", "expected"),
    [
        ({"released_on": JUNE}, {"released_on": JULY}, False, True),
        ({"released_on": JULY}, {"released_on": JUNE}, True, False),
        ({"released_on": JUNE}, {"released_on": JUNE}, True, True),
        # Without a day of release, the day of registration is none.
        ({"released_on": JUNE}, {}, True, True),
        ({"released_on": JUNE}, {}, False, False),
        ({}, {}, True, True),
        ({}, {}, False, False),
        # A rolling version is the latest one, and may have been released long ago.
        ({"released_on": JUNE}, {"rolling": True}, False, True),
        ({"released_on": JULY}, {"rolling": True, "released_on": JUNE}, True, False),
        ({"released_on": JUNE}, {"rolling": True, "released_on": JULY}, False, True),
    ],
)
async def test_no_older_version_of_the_model_succeeds(
    gql: GraphQL,
    retiring: dict[str, Any],
    other: dict[str, Any],
    is_later: bool,
    expected: bool,
) -> None:
    model = await factories.model(gql.db)
    columns = [{**retiring, "sunset_on": DAY}, other]
    labels = [await _version(gql, model, **each) for each in columns[:: 1 if is_later else -1]]
    label = labels[1 if is_later else 0]
    assert await _proposed(gql) == (("SAME_MODEL", label) if expected else None)


OLD = {
    "released_on": date(2024, 1, 1),
    "capabilities": [Capability.TOOLS],
    "context_window": 128_000,
}
NEW = {
    "released_on": date(2025, 1, 1),
    "capabilities": [Capability.VISION, Capability.TOOLS],
    "context_window": 200_000,
}


@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        ("claude-4", {}, True),
        ("anthropic/Claude3.7", {}, True),
        ("clau-4", {}, False),
        ("gpt-claude-4", {}, False),
        ("claude-4", {"context_window": 128_000}, True),
        ("claude-4", {"context_window": 127_999}, False),
        ("claude-4", {"context_window": None}, False),
        ("claude-4", {"capabilities": [Capability.VISION]}, False),
        ("claude-4", {"capabilities": None}, False),
        ("claude-4", {"released_on": date(2023, 1, 1)}, False),
        ("claude-4", {"released_on": None}, False),
        ("claude-4", {"sunset_on": DAY}, False),
        ("claude-4", {"deprecated_on": DAY}, False),
        ("claude-4", {"status": VersionStatus.DEPRECATED}, False),
        ("claude-4", {"served": False}, False),
    ],
)
async def test_a_model_of_the_same_family_succeeds(
    gql: GraphQL, name: str, columns: dict[str, Any], expected: bool
) -> None:
    old = await factories.model(gql.db, name="anthropic/claude-3-opus")
    await _version(gql, old, sunset_on=DAY, **OLD)
    new = await factories.model(gql.db, name=name)
    label = await _version(gql, new, **{"served": True, **NEW, **columns})
    found = await _retirements(gql, models=[{"name": old.name}])
    successor = found[0]["successor"]
    shown = successor and (successor["rule"], successor["modelName"], successor["versionLabel"])
    assert shown == (("SAME_FAMILY", name, label) if expected else None)


async def test_the_newest_of_the_family_and_task_is_proposed(gql: GraphQL) -> None:
    old = await factories.model(gql.db, name="claude-3")
    await _version(gql, old, sunset_on=DAY)  # nothing is known of it
    for name, year, task in (
        ("claude-4", 2025, TaskType.CHAT),
        ("claude-5", 2026, TaskType.CHAT),
        ("claude-4.5", 2025, TaskType.CHAT),
        ("claude-embed", 2027, TaskType.EMBEDDING),
    ):
        model = await factories.model(gql.db, name=name, task=task)
        await _version(gql, model, served=True, released_on=date(year, 1, 1))
    [found] = await _retirements(gql)
    assert found["successor"]["modelName"] == "claude-5"


async def test_statements_do_not_grow_with_retirements(gql: GraphQL) -> None:
    document = """{ retirements { nodes { on version { version } binding { region }
        successor { modelName } } } }"""
    for number in range(2):
        for _ in range(number + 1):
            version: ModelVersion = await factories.version(
                gql.db, await factories.model(gql.db), sunset_on=DAY
            )
            await factories.binding(gql.db, version, sunset_on=BEFORE)
        with gql.statements() as sent:
            await gql(document)
        assert len(sent) == 4, "\n".join(sent)


async def test_a_retirement_repeats_the_names_of_what_retires(gql: GraphQL) -> None:
    model = await factories.model(gql.db, name="m")
    version = await factories.version(gql.db, model, version="1.2.0", sunset_on=DAY)
    other = await factories.version(gql.db, model, version="2.0.0", deprecated_on=AFTER)
    provider = await factories.provider(gql.db, name="Acme")
    await factories.binding(gql.db, version, provider, region="eu", sunset_on=BEFORE)
    await factories.binding(gql.db, version, provider, region="us")
    for name in ("stable", "production"):
        await factories.alias(gql.db, version, name)
    nodes = (await gql(NAMES))["retirements"]["nodes"]
    assert nodes == [
        {**_NAMED, "providerName": "Acme", "region": "eu", "bindingCount": 1},
        {**_NAMED, "providerName": None, "region": None, "bindingCount": 2},
        {
            "modelName": "m",
            "versionLabel": other.version,
            "aliasNames": [],
            "providerName": None,
            "region": None,
            "bindingCount": 0,
        },
    ]


NAMES = """{ retirements { nodes {
    modelName versionLabel aliasNames providerName region bindingCount } } }"""
_NAMED = {"modelName": "m", "versionLabel": "1.2.0", "aliasNames": ["production", "stable"]}
