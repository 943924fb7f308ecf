"""Mutations of aliases: compare-and-set, and the moves that roll-backs undo."""

from typing import Any

import pytest

from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing.cases import World, hash_of, world
from tests.resolvers.writing.mutations import call, codes, user_errors


async def _point(w: World, version: str, name: str = "canary") -> dict[str, Any]:
    input = {"model": {"id": w.model}, "alias": name, "version": {"id": version}}
    return await call(w.gql, "setAlias", **input)


async def _roll_back(w: World, name: str = "canary") -> str:
    payload = await call(w.gql, "rollbackAlias", model={"id": w.model}, alias=name)
    return str(payload["alias"]["version"]["id"])


async def _assert_no_roll_back(w: World, name: str = "canary") -> None:
    problems = await codes(w.gql, "rollbackAlias", model={"id": w.model}, alias=name)
    assert problems == [("INVALID_STATE", "alias")]


async def test_an_alias_is_created_and_moved(gql: GraphQL) -> None:
    w = await world(gql)
    created = await _point(w, w.first)
    assert (created["alias"]["version"]["id"], created["previousVersion"]) == (w.first, None)
    moved = await _point(w, w.second)
    assert moved["alias"]["version"]["id"] == w.second
    assert moved["previousVersion"]["id"] == w.first
    before = await factories.revision(gql.db)
    assert (await _point(w, w.second))["previousVersion"]["id"] == w.second
    assert await factories.revision(gql.db) == before  # it pointed there already


async def test_expected_version_is_compared_and_set(gql: GraphQL) -> None:
    w = await world(gql)
    input = {"model": {"id": w.model}, "alias": "production", "version": {"id": w.draft}}
    (error,) = await user_errors(gql, "setAlias", **input, expectedVersion=w.first)
    assert (error["code"], error["path"]) == ("REVISION_MISMATCH", ["expectedVersion"])
    assert error["current"] == {"__typename": "ModelVersion", "id": w.second}
    (error,) = await user_errors(
        gql, "setAlias", **{**input, "alias": "new"}, expectedVersion=w.first
    )
    assert (error["code"], error["current"]) == ("REVISION_MISMATCH", None)
    moved = await call(gql, "setAlias", **input, expectedVersion=w.second)
    assert moved["previousVersion"]["id"] == w.second


@pytest.mark.parametrize("name", ["latest", "Production", "1st", "🦜", "a\0", "", "x" * 64])
async def test_a_malformed_alias_name_is_refused(gql: GraphQL, name: str) -> None:
    w = await world(gql)
    input = {"model": {"id": w.model}, "alias": name}
    problems = await codes(gql, "setAlias", **input, version={"id": w.first})
    assert problems == [("INVALID", "alias")]
    for mutation in ("rollbackAlias", "deleteAlias"):
        assert await codes(gql, mutation, **input) == [("INVALID", "alias")]


async def test_a_version_of_another_model_is_refused(gql: GraphQL) -> None:
    w = await world(gql)
    await call(gql, "createModel", name="other", task="CHAT")
    input = {"model": {"name": "other"}, "alias": "production", "version": {"id": w.first}}
    assert await codes(gql, "setAlias", **input) == [("NOT_FOUND", "version")]


async def test_roll_backs_undo_the_moves_one_by_one(gql: GraphQL) -> None:
    w = await world(gql)
    for version in (w.first, w.second, w.first, w.draft):
        await _point(w, version)
    assert [await _roll_back(w) for _ in range(3)] == [w.first, w.second, w.first]
    await _assert_no_roll_back(w)


async def test_a_move_after_a_roll_back_replaces_what_was_rolled_back(gql: GraphQL) -> None:
    w = await world(gql)
    for version in (w.first, w.second):
        await _point(w, version)
    assert await _roll_back(w) == w.first
    await _point(w, w.draft)
    assert await _roll_back(w) == w.first
    await _assert_no_roll_back(w)


async def test_a_roll_back_skips_deleted_versions(gql: GraphQL) -> None:
    w = await world(gql)
    deleted = await _draft(w, 70)
    for version in (w.first, deleted, w.second):
        await _point(w, version)
    await call(gql, "deleteVersion", version={"id": deleted})
    assert await _roll_back(w) == w.first
    await _assert_no_roll_back(w)


async def test_a_roll_back_skips_the_current_version(gql: GraphQL) -> None:
    """Two moves to one version had a deleted version between them: the second is no step back."""
    w = await world(gql)
    deleted = await _draft(w, 70)
    for version in (w.first, w.second, deleted, w.second):
        await _point(w, version)
    await call(gql, "deleteVersion", version={"id": deleted})
    assert await _roll_back(w) == w.first
    await _assert_no_roll_back(w)


async def test_a_roll_back_returns_the_version_before_it(gql: GraphQL) -> None:
    w = await world(gql)
    payload = await call(gql, "rollbackAlias", model={"id": w.model}, alias="production")
    assert payload["previousVersion"]["id"] == w.second
    document = """{ model(by: {name: "m"}) {
        aliases { name history { nodes { actor version { id } } } } } }"""
    (alias,) = (await gql(document))["model"]["aliases"]
    moves = [(change["version"]["id"], change["actor"]) for change in alias["history"]["nodes"]]
    assert moves == [(id, "tests") for id in (w.first, w.second, w.first)]


async def test_a_deleted_alias_loses_its_history(gql: GraphQL) -> None:
    w = await world(gql)
    await call(gql, "deleteAlias", model={"id": w.model}, alias="production")
    input = {"model": {"id": w.model}, "alias": "production"}
    for mutation in ("deleteAlias", "rollbackAlias"):
        assert await codes(gql, mutation, **input) == [("NOT_FOUND", "alias")]
    await _point(w, w.first, "production")
    await _assert_no_roll_back(w, "production")


async def _draft(w: World, n: int) -> str:
    input = {"version": f"{n}.0.0", "contentHash": hash_of(n), "region": "eu", "status": "DRAFT"}
    created = await call(w.gql, "createVersion", model={"id": w.model}, **input)
    return str(created["version"]["id"])
