"""applyRetention does exactly what the plan said, once, or nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import col

from db.tables import Model, ModelVersion
from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing.mutations import call, codes, user_errors

HASH = "query ($input: RetentionInput!) { retentionPlan(input: $input) { planHash } }"
LAST = "{ retentionStats { active archived archivable coldBytes lastRun { id archived purged } } }"


async def _model(gql: GraphQL, versions: int, keep: int = 1) -> Model:
    model = await factories.model(gql.db, retention_keep=keep)
    for number in range(1, versions + 1):
        version = await factories.version(gql.db, model, number=number, version=f"{number}.0.0")
        await factories.binding(gql.db, version)
    return model


async def _objects(gql: GraphQL) -> int:
    assert gql.store is not None
    return len(list(gql.store.sizes()))


async def test_the_plan_is_executed_and_reported(gql: GraphQL) -> None:
    for _ in range(2):
        await _model(gql, 3)
    plan_hash = (await gql(HASH, input={}))["retentionPlan"]["planHash"]
    created = await call(gql, "applyRetention", planHash=plan_hash)
    assert sorted(version["number"] for version in created["archived"]) == [1, 1, 2, 2]
    assert {version["archive"]["reason"] for version in created["archived"]} == {"RETENTION"}
    assert (created["purgedIds"], created["run"]["archived"], created["run"]["actor"]) == (
        [],
        4,
        "tests",
    )
    stats = (await gql(LAST))["retentionStats"]
    assert (stats["active"], stats["archived"], stats["archivable"]) == (2, 4, 0)
    assert stats["lastRun"] == {"id": created["run"]["id"], "archived": 4, "purged": 0}
    assert int(stats["coldBytes"]) > 0
    assert (await call(gql, "applyRetention"))["archived"] == []


async def test_the_run_is_the_subject_of_its_event(gql: GraphQL) -> None:
    await _model(gql, 2)
    run = (await call(gql, "applyRetention"))["run"]["id"]
    document = """query ($runs: [ID!]) { auditEvents(filter: {subjects: $runs}) { nodes {
        kind action subjectId subject { id ... on RetentionRun { archived } } } } }"""
    assert (await gql(document, runs=[run]))["auditEvents"]["nodes"] == [
        {
            "kind": "RETENTION",
            "action": "RETENTION_APPLIED",
            "subjectId": run,
            "subject": {"id": run, "archived": 1},
        }
    ]


async def test_a_plan_that_has_changed_is_refused(gql: GraphQL) -> None:
    model = await _model(gql, 3)
    plan_hash = (await gql(HASH, input={}))["retentionPlan"]["planHash"]
    await factories.version(gql.db, model)
    assert await codes(gql, "applyRetention", planHash=plan_hash) == [("INVALID_STATE", "planHash")]
    assert await _objects(gql) == 0


async def test_purged_versions_are_reported_and_their_objects_deleted(gql: GraphQL) -> None:
    await _model(gql, 3)
    (first, second) = (await call(gql, "applyRetention"))["archived"]
    async with gql.db.write("tests") as session:
        old = sa.update(ModelVersion).where(col(ModelVersion.number) == first["number"])
        await session.exec(old.values(archived_at=datetime.now(UTC) - timedelta(days=400)))
    before = (datetime.now(UTC) - timedelta(days=365)).isoformat()
    input = {"purgeArchivedBefore": before, "idempotencyKey": "once"}
    created, again = [await call(gql, "applyRetention", **input) for _ in range(2)]
    assert created["purgedIds"] == again["purgedIds"] == [first["id"]]
    assert created["run"] == again["run"]
    assert await _objects(gql) == 1
    await call(gql, "restoreVersion", version={"id": second["id"]})


async def test_concurrent_calls_archive_each_version_once(gql: GraphQL) -> None:
    for _ in range(3):
        await _model(gql, 4)
    created = await asyncio.gather(*(call(gql, "applyRetention") for _ in range(4)))
    archived = [version["id"] for each in created for version in each["archived"]]
    assert len(archived) == len(set(archived)) == 9
    assert await _objects(gql) == 9


async def test_a_plan_that_is_too_long_is_refused(gql: GraphQL) -> None:
    model = await _model(gql, 1)
    async with gql.db.write("tests") as session:
        for n in range(2, 203):
            values = {"number": n, "version": f"{n}.0.0", "semver_key": str(n), "region": "eu"}
            row = {"content_hash": f"{n:064x}", "status": "ACTIVE", **values}
            session.add(ModelVersion(model_id=model.id, **row))
    (error,) = await user_errors(gql, "applyRetention")
    assert error["code"] == "LIMIT_EXCEEDED"
    assert "registry retention apply" in error["message"]
    assert await _objects(gql) == 0


async def test_a_failing_cold_storage_leaves_no_run(gql: GraphQL, tmp_path: Path) -> None:
    await _model(gql, 2)
    (tmp_path / "cold").write_text("in the way")
    assert await codes(gql, "applyRetention") == [("STORAGE_UNAVAILABLE", "model")]
    assert (await gql(LAST))["retentionStats"]["lastRun"] is None


async def test_an_invalid_input_is_reported_with_its_path(gql: GraphQL) -> None:
    assert await codes(gql, "applyRetention", keep=0) == [("INVALID", "keep")]
    assert await codes(gql, "applyRetention", purgeArchivedBefore="2999-01-01T00:00:00Z") == [
        ("INVALID", "purgeArchivedBefore")
    ]
    assert await codes(gql, "applyRetention", model={"name": "none"}) == [("NOT_FOUND", "model")]
