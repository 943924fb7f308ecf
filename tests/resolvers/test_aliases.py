"""Aliases: the versions that they point at, and their history."""

from typing import Any

import sqlalchemy as sa

from db.tables import ModelAlias
from tests import factories
from tests.graphql import GraphQL

ALIASES = """{ models(orderBy: {field: NAME}) { nodes { name aliases {
    name model { name } version { number aliases { name } }
    history { version { number } actor at } } } } }"""


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
    assert [change["version"]["number"] for change in moved["history"]] == [3, 2, 1]
    assert [change["actor"] for change in moved["history"]][:2] == ["kim", "kim"]
    times = [change["at"] for change in moved["history"]]
    assert times == sorted(times, reverse=True)
    assert [change["version"]["number"] for change in unmoved["history"]] == [1]
    assert other.name == unmoved["name"]


async def test_a_deleted_version_is_null_in_the_history(gql: GraphQL) -> None:
    model = await factories.model(gql.db, name="a")
    first, second = [await factories.version(gql.db, model, number=number) for number in (1, 2)]
    alias = await factories.alias(gql.db, first)
    await _move(gql, alias, version_id=second.id)
    async with gql.db.write("kim") as session:
        await session.exec(sa.text(f"DELETE FROM model_versions WHERE id = '{first.id}'"))
    (read,) = (await _aliases(gql))["a"]
    assert [change["version"] for change in read["history"]] == [{"number": 2}, None]


async def test_a_deleted_alias_keeps_its_history(gql: GraphQL) -> None:
    model = await factories.model(gql.db, name="a")
    version = await factories.version(gql.db, model, number=1)
    alias = await factories.alias(gql.db, version)
    async with gql.db.write("kim") as session:
        await session.exec(sa.text(f"DELETE FROM model_aliases WHERE id = '{alias.id}'"))
    await factories.alias(gql.db, version)
    (read,) = (await _aliases(gql))["a"]
    numbers = [change["version"] and change["version"]["number"] for change in read["history"]]
    assert numbers == [1, None, 1]
