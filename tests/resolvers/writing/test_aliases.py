"""Mutations of aliases: compare-and-set, and the stack that roll-backs walk down."""

from typing import Any

import pytest

from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing.cases import World, hash_of, world
from tests.resolvers.writing.mutations import call, codes, user_errors


async def _point(w: World, version: str, name: str = "canary") -> dict[str, Any]:
    given = {"model": {"id": w.model}, "alias": name, "version": {"id": version}}
    return await call(w.gql, "setAlias", **given)


async def _back(w: World, name: str = "canary") -> str:
    payload = await call(w.gql, "rollbackAlias", model={"id": w.model}, alias=name)
    return str(payload["alias"]["version"]["id"])


async def _stuck(w: World, name: str = "canary") -> None:
    told = await codes(w.gql, "rollbackAlias", model={"id": w.model}, alias=name)
    assert told == [("INVALID_STATE", "alias")]


async def test_an_alias_is_made_and_moved(gql: GraphQL) -> None:
    w = await world(gql)
    made = await _point(w, w.first)
    assert (made["alias"]["version"]["id"], made["previousVersion"]) == (w.first, None)
    moved = await _point(w, w.second)
    assert moved["alias"]["version"]["id"] == w.second
    assert moved["previousVersion"]["id"] == w.first
    before = await factories.revision(gql.db)
    assert (await _point(w, w.second))["previousVersion"]["id"] == w.second
    assert await factories.revision(gql.db) == before  # it pointed there already


async def test_expected_version_is_compared_and_set(gql: GraphQL) -> None:
    w = await world(gql)
    given = {"model": {"id": w.model}, "alias": "production", "version": {"id": w.draft}}
    (error,) = await user_errors(gql, "setAlias", **given, expectedVersion=w.first)
    assert (error["code"], error["path"]) == ("REVISION_MISMATCH", ["expectedVersion"])
    assert error["current"] == {"__typename": "ModelVersion", "id": w.second}
    (error,) = await user_errors(
        gql, "setAlias", **{**given, "alias": "new"}, expectedVersion=w.first
    )
    assert (error["code"], error["current"]) == ("REVISION_MISMATCH", None)
    moved = await call(gql, "setAlias", **given, expectedVersion=w.second)
    assert moved["previousVersion"]["id"] == w.second


@pytest.mark.parametrize("name", ["latest", "Production", "1st", "🦜", "a\0", "", "x" * 64])
async def test_a_name_of_another_form_is_refused(gql: GraphQL, name: str) -> None:
    w = await world(gql)
    given = {"model": {"id": w.model}, "alias": name}
    told = await codes(gql, "setAlias", **given, version={"id": w.first})
    assert told == [("INVALID", "alias")]
    for mutation in ("rollbackAlias", "deleteAlias"):
        assert await codes(gql, mutation, **given) == [("INVALID", "alias")]


async def test_a_version_of_another_model_is_refused(gql: GraphQL) -> None:
    w = await world(gql)
    await call(gql, "createModel", name="other", task="CHAT")
    given = {"model": {"name": "other"}, "alias": "production", "version": {"id": w.first}}
    assert await codes(gql, "setAlias", **given) == [("NOT_FOUND", "version")]


async def test_roll_backs_walk_down_the_moves(gql: GraphQL) -> None:
    w = await world(gql)
    for version in (w.first, w.second, w.first, w.draft):
        await _point(w, version)
    assert [await _back(w) for _ in range(3)] == [w.first, w.second, w.first]
    await _stuck(w)


async def test_a_move_after_a_roll_back_starts_from_there(gql: GraphQL) -> None:
    w = await world(gql)
    for version in (w.first, w.second):
        await _point(w, version)
    assert await _back(w) == w.first
    await _point(w, w.draft)
    assert await _back(w) == w.first
    await _stuck(w)


async def test_a_roll_back_passes_over_what_is_gone(gql: GraphQL) -> None:
    w = await world(gql)
    gone = await _draft(w, 70)
    for version in (w.first, gone, w.second):
        await _point(w, version)
    await call(gql, "deleteVersion", id=gone)
    assert await _back(w) == w.first
    await _stuck(w)


async def test_a_roll_back_passes_over_where_the_alias_is(gql: GraphQL) -> None:
    """Between two moves to the same version stood one that is gone: that is no way back."""
    w = await world(gql)
    gone = await _draft(w, 70)
    for version in (w.first, w.second, gone, w.second):
        await _point(w, version)
    await call(gql, "deleteVersion", id=gone)
    assert await _back(w) == w.first
    await _stuck(w)


async def test_a_roll_back_tells_what_was_left(gql: GraphQL) -> None:
    w = await world(gql)
    payload = await call(gql, "rollbackAlias", model={"id": w.model}, alias="production")
    assert payload["previousVersion"]["id"] == w.second
    document = """{ model(by: {name: "m"}) {
        aliases { name history { actor version { id } } } } }"""
    (alias,) = (await gql(document))["model"]["aliases"]
    moves = [(change["version"]["id"], change["actor"]) for change in alias["history"]]
    assert moves == [(id, "tests") for id in (w.first, w.second, w.first)]


async def test_a_deleted_alias_starts_a_new_life(gql: GraphQL) -> None:
    w = await world(gql)
    await call(gql, "deleteAlias", model={"id": w.model}, alias="production")
    given = {"model": {"id": w.model}, "alias": "production"}
    for mutation in ("deleteAlias", "rollbackAlias"):
        assert await codes(gql, mutation, **given) == [("NOT_FOUND", "alias")]
    await _point(w, w.first, "production")
    await _stuck(w, "production")


async def _draft(w: World, n: int) -> str:
    given = {"version": f"{n}.0.0", "contentHash": hash_of(n), "region": "eu", "status": "DRAFT"}
    made = await call(w.gql, "createVersion", model={"id": w.model}, **given)
    return str(made["version"]["id"])
