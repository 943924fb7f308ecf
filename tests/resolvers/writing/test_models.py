"""Mutations of models and providers."""

from typing import Any

import pytest
import sqlalchemy as sa

from db.postgres.engine import Database
from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing.cases import world
from tests.resolvers.writing.mutations import call, codes, user_errors
from tests.soak import replay

TEXT = "🦜 مرحبا \u202eright to left\u202c 'quoted' \"x\" \\ %s $1\ntab\t; DROP TABLE models; --"


async def _row(db: Database, query: str, **values: Any) -> Any:
    async with db.write("tests") as session:
        connection = await session.connection()
        return (await connection.execute(sa.text(query), values)).mappings().one()


async def test_a_model_is_created_with_its_values(gql: GraphQL, db: Database) -> None:
    labels = [{"key": "team", "value": TEXT}, {"key": TEXT[:63], "value": ""}]
    input = {"name": "Vendor/m-1.5:x@y", "task": "CHAT", "description": TEXT, "subject": "math"}
    created = (await call(gql, "createModel", **input, labels=labels))["model"]
    assert {name: created[name] for name in input} == input
    assert sorted(map(str, created["labels"])) == sorted(map(str, labels))
    assert (created["retentionKeep"], created["revision"]) == (3, 1)
    row = await _row(db, "SELECT * FROM models")
    assert row["description"] == TEXT
    assert row["labels"] == {"team": TEXT, TEXT[:63]: ""}
    assert (row["last_number"], row["subject"]) == (0, "math")


async def test_all_problems_of_a_model_are_reported_together(gql: GraphQL) -> None:
    labels = [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]
    errors = await user_errors(
        gql,
        "createModel",
        name="🦜",
        task="CHAT",
        subject="No Subject",
        description="x" * 10_001,
        labels=labels,
        retentionKeep=11,
        idempotencyKey="",
    )
    assert {error["__typename"] for error in errors} == {"InvalidInputError"}
    assert [error["path"] for error in errors] == [
        [name]
        for name in (
            "name",
            "subject",
            "description",
            "labels",
            "retentionKeep",
            "idempotencyKey",
        )
    ]
    assert "'a'" in errors[3]["message"]
    assert "10000" in errors[2]["message"].replace(",", "")


@pytest.mark.parametrize(
    ("labels", "is_refused"),
    [
        ([("k", "v" * 256)], True),
        ([("k" * 64, "v")], True),
        ([("", "v")], True),
        ([(str(n), "v") for n in range(65)], True),
        ([(str(n), "v") for n in range(64)], False),
        ([("token", "abc")], True),
        ([("note", "sk-proj-abcdefgh12345678")], True),
        ([("note", "AKIAIOSFODNN7EXAMPLE")], True),
        ([("framework", "sk-learn"), ("task", "token-classification")], False),
        ([("k", "a\0b")], True),
        ([("k", "\ud800")], True),
    ],
)
async def test_labels_are_checked(
    gql: GraphQL, labels: list[tuple[str, str]], is_refused: bool
) -> None:
    input = [{"key": key, "value": value} for key, value in labels]
    if is_refused:
        problems = await codes(gql, "createModel", name="m", task="CHAT", labels=input)
        assert [(code, path.partition(".")[0]) for code, path in problems] == [
            ("INVALID", "labels")
        ]
    else:
        await call(gql, "createModel", name="m", task="CHAT", labels=input)


async def test_the_object_with_the_same_name_is_returned_with_the_refusal(gql: GraphQL) -> None:
    w = await world(gql)
    other = (await call(gql, "createModel", name="other", task="CHAT"))["model"]["id"]
    for mutation, input in (
        ("createModel", {"name": "m", "task": "OCR"}),
        ("updateModel", {"model": {"id": other}, "name": "m"}),
    ):
        (error,) = await user_errors(gql, mutation, **input)
        assert (error["code"], error["path"]) == ("ALREADY_EXISTS", ["name"])
        assert error["existing"] == {"__typename": "Model", "id": w.model}
    (error,) = await user_errors(gql, "createProvider", slug="acme", name="A", kind="OTHER")
    assert (error["code"], error["path"]) == ("ALREADY_EXISTS", ["slug"])
    assert error["existing"] == {"__typename": "Provider", "id": w.provider}


async def test_a_model_with_active_versions_is_in_use(gql: GraphQL) -> None:
    w = await world(gql)
    assert await codes(gql, "deleteModel", model={"id": w.model}) == [("IN_USE", "force")]
    deleted = await call(gql, "deleteModel", model={"id": w.model}, force=True)
    assert (deleted["deletedId"], deleted["deletedBindings"]) == (w.model, 1)
    assert deleted["deletedVersions"] >= 3
    created = (await call(gql, "createModel", name="idle", task="CHAT"))["model"]["id"]
    assert (await call(gql, "deleteModel", model={"id": created}))["deletedVersions"] == 0


async def test_a_model_with_a_thousand_versions_is_deleted_at_once(
    gql: GraphQL, db: Database, database_url: str
) -> None:
    model = await factories.model(db)
    provider = await factories.provider(db)
    async with db.write("tests") as session:
        keys = {"model": model.id, "provider": provider.id}
        await (await session.connection()).execute(sa.text(_THOUSAND), keys)
    before = await factories.revision(db)
    deleted = await call(gql, "deleteModel", model={"id": model.node_id}, force=True)
    assert (deleted["deletedVersions"], deleted["deletedBindings"]) == (1_000, 10_000)
    assert await factories.revision(db) == before + 1 + 1_000 + 10_000 + 1
    assert replay.check(database_url)["model_versions"] == 0
    query = """SELECT count(*) AS total, count(DISTINCT at) AS times FROM audit_events
        WHERE model_id = :model AND action = 'DELETED' AND changes <> '{}'"""
    events = await _row(db, query, model=model.id)
    assert (events["total"], events["times"]) == (11_002, 1)


_THOUSAND = """
WITH versions AS (
    INSERT INTO model_versions (id, revision, model_id, number, version, semver_key,
        content_hash, region, status)
    SELECT uuidv7(), 1, :model, n, n || '.0.0', n::text, lpad(n::text, 64, '0'), 'eu', 'ACTIVE'
    FROM generate_series(1, 1000) n RETURNING id
), bindings AS (
    INSERT INTO provider_bindings (id, revision, version_id, model_id, provider_id,
        provider_model_id, status, priority, weight)
    SELECT uuidv7(), 1, id, :model, :provider, 'served-' || n, 'ACTIVE', 1, 1
    FROM versions, generate_series(1, 10) n RETURNING id, version_id
), alias AS (
    INSERT INTO model_aliases (id, revision, model_id, name, version_id)
    SELECT uuidv7(), 1, :model, 'production', id FROM versions LIMIT 1
) SELECT count(*) FROM bindings"""


async def test_a_provider_in_use_is_not_deleted(gql: GraphQL) -> None:
    w = await world(gql)
    assert await codes(gql, "deleteProvider", provider={"id": w.provider}) == [
        ("IN_USE", "provider")
    ]
    await call(gql, "deleteProvider", provider={"id": w.idle})


async def test_all_problems_of_a_provider_are_reported_together(gql: GraphQL) -> None:
    input = {"slug": "Not A Slug", "name": " ", "apiBase": "nowhere", "docsUrl": "http://u:p@x/"}
    problems = await codes(gql, "createProvider", kind="OTHER", **input)
    assert problems == [("INVALID", name) for name in input]


async def test_a_repeated_call_returns_the_first_result_for_a_day(
    gql: GraphQL, db: Database
) -> None:
    input = {"name": "once", "task": "CHAT", "idempotencyKey": "k"}
    first = (await call(gql, "createModel", **input))["model"]
    before = await factories.revision(db)
    assert (await call(gql, "createModel", **input))["model"] == first
    assert await factories.revision(db) == before
    other = {**input, "name": "other"}
    assert await codes(gql, "createModel", **other) == [("IDEMPOTENCY_CONFLICT", "idempotencyKey")]
    async with db.write("tests") as session:
        aged = "UPDATE idempotency_keys SET created_at = created_at - interval '24 hours 1 second'"
        await (await session.connection()).execute(sa.text(aged))
    assert (await call(gql, "createModel", **other))["model"]["name"] == "other"


async def test_a_refused_call_leaves_its_key_free(gql: GraphQL) -> None:
    await call(gql, "createModel", name="taken", task="CHAT")
    input = {"name": "taken", "task": "CHAT", "idempotencyKey": "k"}
    assert await codes(gql, "createModel", **input) == [("ALREADY_EXISTS", "name")]
    await call(gql, "createModel", **{**input, "name": "free"})


async def test_a_repeated_call_is_refused_when_its_result_was_deleted(gql: GraphQL) -> None:
    input = {"name": "once", "task": "CHAT", "idempotencyKey": "k"}
    created = (await call(gql, "createModel", **input))["model"]["id"]
    await call(gql, "deleteModel", model={"id": created})
    assert await codes(gql, "createModel", **input) == [("NOT_FOUND", "idempotencyKey")]
