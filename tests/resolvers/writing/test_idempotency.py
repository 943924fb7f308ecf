"""Every mutation can be retried: the same key and input change nothing and return the same."""

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.graphql import CALLER, GraphQL
from tests.resolvers.writing import mutations
from tests.resolvers.writing.cases import CASES, World, hash_of, world
from tests.resolvers.writing.mutations import call, codes, without_one_field

# Mutations that change no object that has a revision: they create objects, or add to one.
WITHOUT_A_REVISION = {name for name in CASES if name.startswith("create")} | {
    "setCircuit",
    "claimTrial",
    "setPrice",
    "withdrawPrice",
    "applyRetention",
    "rotateToken",
    "revokeToken",
}
ALIASES = {"setAlias", "rollbackAlias", "deleteAlias"}


def _counts(url: str) -> dict[str, int]:
    """The number of rows of each table."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    with psycopg.connect(url) as connection:
        names = [name for (name,) in connection.execute(tables).fetchall()]
        counting = {
            name: sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name)) for name in names
        }
        return {
            name: (connection.execute(query).fetchone() or (0,))[0]
            for name, query in counting.items()
        }


@pytest.mark.parametrize("mutation", mutations.MUTATIONS)
def test_every_mutation_can_be_made_conditional_and_repeatable(mutation: str) -> None:
    fields = {name: str(f.type) for name, f in mutations.input_type(mutation).fields.items()}
    assert fields["idempotencyKey"] == "String"
    if mutation in ALIASES:
        assert fields["expectedVersion"] == "ID"
    elif mutation not in WITHOUT_A_REVISION:
        assert fields["expectedRevision"] == "Int"


@pytest.mark.parametrize("mutation", CASES)
async def test_a_retry_returns_the_same_payload_and_changes_nothing(
    gql: GraphQL, database_url: str, mutation: str
) -> None:
    w = await world(gql)
    input = CASES[mutation].input(w, 0)
    first = await call(gql, mutation, **input)
    before = _counts(database_url)
    assert before["idempotency_keys"] == 1
    repeated = _without_secret(first)
    assert await call(gql, mutation, **input) == repeated
    assert await call(gql, mutation, **_reordered(input)) == repeated
    assert _counts(database_url) == before


def _without_secret(payload: dict[str, Any]) -> dict[str, Any]:
    """The same as a repeated call returns it: no secret is shown twice."""
    return {name: None if name == "secret" else value for name, value in payload.items()}


def _reordered(value: Any) -> Any:
    """The same with the keys of each object in another order."""
    if isinstance(value, dict):
        return {key: _reordered(value[key]) for key in reversed(value)}
    return [_reordered(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("mutation", CASES)
async def test_the_same_key_with_another_input_is_refused(
    gql: GraphQL, database_url: str, mutation: str
) -> None:
    w = await world(gql)
    input = CASES[mutation].input(w, 0)
    await call(gql, mutation, **input)
    before = _counts(database_url)
    others = list(without_one_field(mutations.input_type(mutation), input))
    others = others or [{**input, **CASES[mutation].refused}]
    for other in others:
        problems = await codes(gql, mutation, **other)
        assert problems == [("IDEMPOTENCY_CONFLICT", "idempotencyKey")], other
    assert _counts(database_url) == before


@pytest.mark.parametrize("mutation", CASES)
async def test_concurrent_calls_with_one_key_are_one_call(
    gql: GraphQL, database_url: str, mutation: str
) -> None:
    w = await world(gql)
    input = CASES[mutation].input(w, 0)
    payloads = await asyncio.gather(*(call(gql, mutation, **input) for _ in range(4)))
    repeated = _without_secret(payloads[0])
    assert [_without_secret(payload) for payload in payloads] == [repeated] * 4
    assert sum(payload.get("secret") is not None for payload in payloads) == ("secret" in repeated)
    once = _counts(database_url)
    assert await call(gql, mutation, **input) == repeated
    assert _counts(database_url) == once


@pytest.mark.parametrize("mutation", CASES)
async def test_an_invalid_key_is_refused_with_the_other_problems(
    gql: GraphQL, mutation: str
) -> None:
    w = await world(gql)
    for key in ("", "x" * 256, "a\0b", "line\nbreak", "\ud800"):
        problems = await codes(
            gql, mutation, **{**CASES[mutation].input(w, 0), "idempotencyKey": key}
        )
        assert problems == [("INVALID", "idempotencyKey")]


async def test_a_retried_roll_back_goes_no_step_further(gql: GraphQL) -> None:
    w = await world(gql)
    await call(gql, "setAlias", **_alias(w), version={"id": w.draft})
    for _ in range(3):
        moved = await call(gql, "rollbackAlias", **_alias(w), idempotencyKey="k")
        assert moved["alias"]["version"]["id"] == w.second
        assert moved["previousVersion"]["id"] == w.draft
    expected = {**_alias(w), "expectedVersion": w.draft}
    (error,) = await mutations.user_errors(gql, "rollbackAlias", **expected)
    assert (error["code"], error["path"]) == ("REVISION_MISMATCH", ["expectedVersion"])
    assert error["current"] == {"__typename": "ModelVersion", "id": w.second}
    moved = await call(gql, "rollbackAlias", **{**expected, "expectedVersion": w.second})
    assert moved["alias"]["version"]["id"] == w.first


async def test_an_alias_that_points_elsewhere_is_not_deleted(gql: GraphQL) -> None:
    w = await world(gql)
    problems = await codes(gql, "deleteAlias", **_alias(w), expectedVersion=w.first)
    assert problems == [("REVISION_MISMATCH", "expectedVersion")]
    await call(gql, "deleteAlias", **_alias(w), expectedVersion=w.second)


def _alias(w: World) -> dict[str, Any]:
    return {"model": {"id": w.model}, "alias": "production"}


async def test_a_repeated_restore_returns_the_version_also_after_later_changes(
    gql: GraphQL,
) -> None:
    w = await world(gql)
    input = {"version": {"id": w.archived}, "idempotencyKey": "k"}
    await call(gql, "restoreVersion", **input)
    assert (await call(gql, "restoreVersion", **input))["version"]["status"] == "DRAFT"
    await call(gql, "archiveVersion", version={"id": w.archived})
    assert (await call(gql, "restoreVersion", **input))["version"]["status"] == "ARCHIVED"
    other = {**input, "expectedRevision": 1}
    problems = await codes(gql, "restoreVersion", **other)
    assert problems == [("IDEMPOTENCY_CONFLICT", "idempotencyKey")]


async def test_a_key_belongs_to_its_caller_and_its_mutation(gql: GraphQL) -> None:
    await call(gql, "createModel", name="a", task="CHAT", idempotencyKey="k")
    await call(gql, "createProvider", slug="a", name="A", kind="OTHER", idempotencyKey="k")
    input = {"name": "b", "task": "CHAT", "idempotencyKey": "k"}
    another = CALLER._replace(name="another")
    result = await mutations.execute(gql.db, "createModel", input, identity=another)
    assert (result.data or {})["createModel"]["userErrors"] == []


async def test_equal_numbers_and_objects_are_the_same_input(gql: GraphQL) -> None:
    w = await world(gql)
    version = {"model": {"id": w.model}, "version": "7.0.0", "contentHash": hash_of(7)}
    input = {**version, "region": "eu", "idempotencyKey": "k", "costPer1k": "0.1"}
    input["metadata"] = {"a": 1, "b": {"c": 0.5, "d": [1, 2]}}
    first = await call(gql, "createVersion", **input)
    same = {**input, "costPer1k": "0.10", "metadata": {"b": {"d": [1.0, 2], "c": 5e-1}, "a": 1.0}}
    assert await call(gql, "createVersion", **same) == first
    others: list[dict[str, Any]] = [
        {"costPer1k": "0.11"},
        {"costPer1k": None},
        {"metadata": {**input["metadata"], "a": "1"}},
        {"metadata": {**input["metadata"], "a": True}},
        {"metadata": {**input["metadata"], "a": None}},
        {"metadata": {"a": 1, "b": {"c": 0.5, "d": [2, 1]}}},
    ]
    for other in others:
        problems = await codes(gql, "createVersion", **{**input, **other})
        assert problems == [("IDEMPOTENCY_CONFLICT", "idempotencyKey")], other


async def test_null_and_absent_are_different_updates(gql: GraphQL) -> None:
    w = await world(gql)
    input = {"model": {"id": w.model}, "subject": "math", "idempotencyKey": "k"}
    await call(gql, "updateModel", **input)
    for other in ({"description": None}, {"subject": None}):
        problems = await codes(gql, "updateModel", **{**input, **other})
        assert problems == [("IDEMPOTENCY_CONFLICT", "idempotencyKey")]
