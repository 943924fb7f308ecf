"""Mutations of versions."""

from itertools import product
from typing import Any

import psycopg
import pytest

from domain.enums import VersionStatus
from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing import mutations
from tests.resolvers.writing.cases import CASES, World, binding_input, hash_of, version_facts, world
from tests.resolvers.writing.mutations import call, codes, user_errors
from tests.soak import replay


def _new(w: World, n: int = 50, **input: Any) -> dict[str, Any]:
    version = {"version": f"{n}.0.0", "contentHash": hash_of(n), "region": "eu"}
    return {"model": {"id": w.model}, **version, **input}


async def test_a_version_is_created_with_its_bindings_and_alias(
    gql: GraphQL, database_url: str
) -> None:
    w = await world(gql)
    input = CASES["createVersion"].input(w, 0)
    created = await call(gql, "createVersion", **input)
    assert {name: created["version"][name] for name in version_facts()} == version_facts()
    assert [alias["name"] for alias in created["version"]["aliases"]] == ["canary"]
    assert created["archived"] == []
    with psycopg.connect(database_url) as connection:
        query = """SELECT b.provider_model_id, b.config, p.output_per_1k::text, p.source
            FROM provider_bindings b JOIN prices p ON p.binding_id = b.id
            JOIN model_versions v ON v.id = b.version_id WHERE v.version = '4.0.0' ORDER BY 1"""
        config = binding_input()["config"]
        assert connection.execute(query).fetchall() == [
            (f"served-{n}", config, "0.0100000000", "list price") for n in (1, 2)
        ]


async def test_all_problems_are_reported_together_with_their_paths(gql: GraphQL) -> None:
    w = await world(gql)
    good, bad = binding_input(1), {**binding_input(2), "config": {"api_key": "x"}, "weight": 1001}
    bad["price"] = {"inputPer1k": "-1", "source": "x" * 256}
    input = _new(
        w,
        version="one",
        contentHash="ABC",
        region="Mars!",
        status="ARCHIVED",
        evalScore=1.5,
        costPer1k="0.00000000001",
        sloLatencyMs=0,
        sizeBytes="-1",
        artifactUrl="weights",
        deprecatedOn="2030-01-02",
        sunsetOn="2030-01-01",
        alias="latest",
        bindings=[good, bad],
        idempotencyKey="\0",
    )
    problems = await codes(gql, "createVersion", **input)
    assert {code for code, _ in problems} == {"INVALID"}
    paths = [path for _, path in problems]
    inner = [f"bindings.1.{name}" for name in ("config", "weight", "price.inputPer1k")]
    outer = "version contentHash region status evalScore costPer1k sloLatencyMs sizeBytes"
    rest = "artifactUrl sunsetOn alias idempotencyKey bindings.1.price.source"
    assert sorted(paths) == sorted([*inner, *outer.split(), *rest.split()])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"provider": "nobody"}, ("NOT_FOUND", "bindings.2.provider")),
        (binding_input(0), ("ALREADY_EXISTS", "bindings.2.providerModelId")),
        ({"endpoint": "nowhere"}, ("INVALID", "bindings.2.endpoint")),
    ],
)
async def test_one_invalid_binding_leaves_nothing(
    gql: GraphQL, database_url: str, change: dict[str, Any], problem: tuple[str, str]
) -> None:
    w = await world(gql)
    before = await factories.revision(gql.db)
    with psycopg.connect(database_url) as connection:
        stored = replay.stored(connection)
    bindings = [binding_input(n) for n in range(4)]
    bindings[2] |= change
    input = _new(w, bindings=bindings, alias="canary")
    assert await codes(gql, "createVersion", **input) == [problem]
    assert await factories.revision(gql.db) == before
    with psycopg.connect(database_url) as connection:
        assert replay.stored(connection) == stored
    bindings[2] = binding_input(2)
    await call(gql, "createVersion", **input)


async def test_an_existing_version_is_returned_with_the_refusal(gql: GraphQL) -> None:
    w = await world(gql)
    for change, where in (
        ({"contentHash": hash_of(1)}, "contentHash"),
        ({"version": "1.0.0"}, "version"),
    ):
        (error,) = await user_errors(gql, "createVersion", **_new(w, **change))
        assert (error["code"], error["path"]) == ("ALREADY_EXISTS", [where])
        assert error["existing"] == {"__typename": "ModelVersion", "id": w.first}


async def test_the_number_of_a_deleted_version_is_never_used_again(gql: GraphQL) -> None:
    w = await world(gql)
    first = (await call(gql, "createVersion", **_new(w, status="DRAFT")))["version"]
    await call(gql, "deleteVersion", version={"id": first["id"]})
    second = (await call(gql, "createVersion", **_new(w, status="DRAFT")))["version"]
    assert second["number"] == first["number"] + 1


async def test_number_version_and_hash_are_immutable() -> None:
    fields = mutations.input_type("updateVersion").fields
    assert fields.keys().isdisjoint({"number", "contentHash", "model"})
    assert str(fields["version"].type) == "VersionRef!"  # the version itself, not its number
    assert "slug" not in mutations.input_type("updateProvider").fields
    binding = mutations.input_type("updateBinding").fields
    assert binding.keys().isdisjoint({"version", "provider", "price"})


EDGES = {("DRAFT", "ACTIVE"), ("ACTIVE", "DEPRECATED")}


async def test_a_status_changes_only_in_order(gql: GraphQL) -> None:
    w = await world(gql)
    pairs = product([s.value for s in VersionStatus if s != "ARCHIVED"], VersionStatus)
    for n, (status, wanted) in enumerate(pairs, 60):
        created = (await call(gql, "createVersion", **_new(w, n, status=status)))["version"]["id"]
        input = {"version": {"id": created}, "status": wanted.value}
        if (status, wanted) in EDGES or status == wanted:
            assert (await call(gql, "updateVersion", **input))["version"]["status"] == wanted
        else:
            assert await codes(gql, "updateVersion", **input) == [("INVALID_STATE", "status")]


async def test_dates_are_compared_with_the_stored_dates(gql: GraphQL) -> None:
    w = await world(gql)
    await call(gql, "updateVersion", version={"id": w.draft}, deprecatedOn="2030-01-02")
    problems = await codes(gql, "updateVersion", version={"id": w.draft}, sunsetOn="2030-01-01")
    assert problems == [("INVALID", "sunsetOn")]
    await call(gql, "updateVersion", version={"id": w.draft}, sunsetOn="2030-01-02")


async def test_a_version_in_use_is_not_deleted_and_says_why(gql: GraphQL) -> None:
    w = await world(gql)
    (error,) = await user_errors(gql, "deleteVersion", version={"id": w.second})
    assert (error["code"], error["path"]) == ("IN_USE", ["force"])
    assert "ACTIVE" in error["message"]
    assert "production" in error["message"]
    deleted = await call(gql, "deleteVersion", version={"id": w.first}, force=True)
    assert (deleted["deletedId"], deleted["deletedBindings"]) == (w.first, 1)


async def test_a_missing_model_is_not_found(gql: GraphQL) -> None:
    w = await world(gql)
    for ref in ({"name": "nobody"}, {"name": "a\0"}, {"id": "mdl_"}, {"id": w.first}):
        input = {**_new(w), "model": ref}
        assert await codes(gql, "createVersion", **input) == [("NOT_FOUND", "model")]
