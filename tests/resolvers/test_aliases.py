"""Aliases: the versions that they point at, and their history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from db.tables import ModelAlias
from tests import factories
from tests.graphql import GraphQL

ALIASES = """{ models(orderBy: {field: NAME}) { nodes { name aliases {
    name model { name } version { number aliases { name } }
    history { nodes { action version { number } versionNumber versionLabel actor at } } } } } }"""


async def _move(gql: GraphQL, alias: ModelAlias, **columns: Any) -> None:
    async with gql.db.write("kim") as session:
        changed = sa.update(ModelAlias).where(sa.column("id") == alias.id).values(**columns)
        await session.exec(changed)


async def _aliases(gql: GraphQL) -> dict[str, list[Any]]:
    nodes = (await gql(ALIASES))["models"]["nodes"]
    return {node["name"]: node["aliases"] for node in nodes}


async def test_a_model_has_only_its_own_aliases(gql: GraphQL) -> None:
    for name in ("a", "b", "c"):
        model = await factories.model(gql.db, name=name)
        if name != "c":
            version = await factories.version(gql.db, model, number=ord(name))
            await factories.alias(gql.db, version)
            await factories.alias(gql.db, version, "canary")
    by_model = await _aliases(gql)
    assert by_model["c"] == []
    for name in ("a", "b"):
        assert [alias["name"] for alias in by_model[name]] == ["canary", "production"]
        for alias in by_model[name]:
            assert alias["model"] == {"name": name}
            assert alias["version"]["number"] == ord(name)
            assert [each["name"] for each in alias["version"]["aliases"]] == [
                "canary",
                "production",
            ]


async def test_the_history_is_newest_first(gql: GraphQL) -> None:
    model = await factories.model(gql.db, name="a")
    versions = [await factories.version(gql.db, model, number=number) for number in (1, 2, 3)]
    alias = await factories.alias(gql.db, versions[0])
    other = await factories.alias(gql.db, versions[0], "other")
    for version in versions[1:]:
        await _move(gql, alias, version_id=version.id)
    moved, unmoved = sorted((await _aliases(gql))["a"], key=lambda each: each["name"] == "other")
    history = moved["history"]["nodes"]
    assert [change["version"]["number"] for change in history] == [3, 2, 1]
    assert [change["actor"] for change in history][:2] == ["kim", "kim"]
    times = [change["at"] for change in history]
    assert times == sorted(times, reverse=True)
    assert [change["version"]["number"] for change in unmoved["history"]["nodes"]] == [1]
    assert other.name == unmoved["name"]


async def test_the_history_says_which_version_was_deleted(gql: GraphQL) -> None:
    model = await factories.model(gql.db, name="a")
    first, second = [await factories.version(gql.db, model, number=number) for number in (1, 2)]
    alias = await factories.alias(gql.db, first)
    await _move(gql, alias, version_id=second.id)
    await _delete(gql, "model_versions", first)
    (read,) = (await _aliases(gql))["a"]
    history = read["history"]["nodes"]
    assert [change["version"] for change in history] == [{"number": 2}, None]
    assert _versions(history) == [(2, second.version), (1, first.version)]


async def test_a_version_that_is_deleted_with_its_alias_stays_in_the_history(gql: GraphQL) -> None:
    """The cascade deletes the alias when the version is gone already."""
    model = await factories.model(gql.db, name="a")
    first, second = [await factories.version(gql.db, model, number=number) for number in (1, 2)]
    await factories.alias(gql.db, first)
    await _delete(gql, "model_versions", first)
    await factories.alias(gql.db, second)
    (read,) = (await _aliases(gql))["a"]
    history = read["history"]["nodes"]
    assert [change["action"] for change in history] == ["ALIASED", "DELETED", "ALIASED"]
    assert _versions(history) == [(2, second.version), *[(1, first.version)] * 2]


async def test_a_deleted_alias_keeps_its_history(gql: GraphQL) -> None:
    model = await factories.model(gql.db, name="a")
    version = await factories.version(gql.db, model, number=1)
    alias = await factories.alias(gql.db, version)
    await _delete(gql, "model_aliases", alias)
    await factories.alias(gql.db, version)
    (read,) = (await _aliases(gql))["a"]
    changes = [(change["action"], change["versionNumber"]) for change in read["history"]["nodes"]]
    assert changes == [("ALIASED", 1), ("DELETED", 1), ("ALIASED", 1)]


async def test_a_time_selects_the_version_that_the_alias_named_then(gql: GraphQL) -> None:
    model = await factories.model(gql.db, name="a")
    await factories.alias(gql.db, await factories.version(gql.db, await factories.model(gql.db)))
    first, second = [await factories.version(gql.db, model, number=number) for number in (1, 2)]
    alias = await factories.alias(gql.db, first)
    await factories.alias(gql.db, second, "other")
    await _move(gql, alias, version_id=second.id)
    (read, _) = sorted((await _aliases(gql))["a"], key=lambda each: each["name"] == "other")
    moved, created = (change["at"] for change in read["history"]["nodes"])
    assert await _named_at(gql, _before(created)) is None
    assert await _named_at(gql, created) == await _named_at(gql, _before(moved)) == 1
    assert await _named_at(gql, moved) == 2
    await _delete(gql, "model_aliases", alias)
    assert await _named_at(gql, moved) == 2  # the alias need not exist now
    assert await _named_at(gql, datetime.now(UTC).isoformat()) is None
    await _delete(gql, "model_versions", first)
    assert await _named_at(gql, created) is None


async def test_each_model_has_its_own_version_at_a_time(gql: GraphQL) -> None:
    for number in (1, 2):
        model = await factories.model(gql.db, name=f"m{number}")
        await factories.alias(gql.db, await factories.version(gql.db, model, number=number))
    await factories.model(gql.db, name="m3")
    document = """query ($at: DateTime) { models(orderBy: {field: NAME}) { nodes {
        version(select: {alias: "production"}, at: $at) { number } } } }"""
    with gql.statements() as sent:
        nodes = (await gql(document, at=datetime.now(UTC).isoformat()))["models"]["nodes"]
    assert len(sent) == 3, "\n".join(sent)  # models, changes and versions
    assert [node["version"] for node in nodes] == [{"number": 1}, {"number": 2}, None]


@pytest.mark.parametrize(
    ("select", "at", "message"),
    [
        (
            "latest: true",
            "2026-01-01T00:00:00Z",
            "at: only with select.alias, not with select.latest",
        ),
        ("number: 1", "2026-01-01T00:00:00Z", "at: only with select.alias, not with select.number"),
        ("latest: false", "2026-01-01T00:00:00Z", "latest: must be true"),
        ('alias: "a"', "2999-01-01T00:00:00Z", "at: must not be in the future"),
    ],
)
async def test_a_time_that_says_nothing_is_refused(
    gql: GraphQL, select: str, at: str, message: str
) -> None:
    await factories.model(gql.db)
    document = f'{{ models {{ nodes {{ version(select: {{{select}}}, at: "{at}") {{ id }} }} }} }}'
    code, shown = await gql.error(document)
    assert (code, message in shown) == ("BAD_USER_INPUT", True), shown


async def _delete(gql: GraphQL, table: str, row: Any) -> None:
    async with gql.db.write("kim") as session:
        await session.exec(sa.text(f"DELETE FROM {table} WHERE id = '{row.id}'"))


def _versions(history: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(change["versionNumber"], change["versionLabel"]) for change in history]


def _before(time: str) -> str:
    """A microsecond earlier."""
    return (datetime.fromisoformat(time) - timedelta(microseconds=1)).isoformat()


async def _named_at(gql: GraphQL, at: str) -> int | None:
    document = """query ($at: DateTime) { model(by: {name: "a"}) {
        version(select: {alias: "production"}, at: $at) { number } } }"""
    version = (await gql(document, at=at))["model"]["version"]
    return version and int(version["number"])
