"""The size of a plan is counted before the plan is read, and equals it; stats stay small."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from db.postgres.engine import Database
from db.reads import retention_plan, retention_runs
from db.reads.retention_plan import RetentionScope
from db.tables import Model, ModelVersion
from domain.enums import ArchiveReason, VersionStatus
from domain.retention import PLANNED_MAX
from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing.mutations import codes

NOW = datetime.now(UTC)


async def _any_model(db: Database, random: Random) -> Model:
    """A model with versions in any state, some of them protected."""
    model = await factories.model(db, retention_keep=random.randint(1, 3))
    for number in range(1, random.randint(1, 9)):
        status = random.choice(list(VersionStatus))
        columns: dict[str, object] = {"status": status, "number": number}
        if status == VersionStatus.ARCHIVED:
            days = random.choice((1, 100, 400))
            columns |= {"archived_at": NOW - timedelta(days=days)}
            columns |= {"archive_reason": ArchiveReason.MANUAL, "archive_size_bytes": 1}
        if random.random() < 0.2:
            columns["held_at"] = NOW
        version = await factories.version(db, model, **columns)
        if status != VersionStatus.ARCHIVED and random.random() < 0.2:
            await factories.alias(db, version, name=f"a-{number}")
    return model


@pytest.mark.parametrize("seed", range(3))
async def test_size_and_stats_agree_with_the_plan(db: Database, seed: int) -> None:
    random = Random(seed)
    models = [await _any_model(db, random) for _ in range(8)]
    long_ago = NOW - timedelta(days=365)
    for model_ids in (None, [models[0].id], [model.id for model in models[:3]]):
        for keep in (None, 1, 4):
            for before in (None, long_ago):
                scope = RetentionScope(model_ids, keep, before)
                plan = await retention_plan.plan(db.reader, scope)
                size = await retention_plan.size(db.reader, scope)
                assert size == plan.action_count + len(plan.protected)
    for key in (None, models[0].id):
        scope = RetentionScope(None if key is None else [key], purge_before=long_ago)
        plan = await retention_plan.plan(db.reader, scope)
        stats = await retention_runs.stats(db.reader, key)
        assert stats.purgeable == len(plan.purge)
        assert await retention_runs.archivable(db.reader, key) == len(plan.archive)


async def test_stats_read_some_models_at_a_time(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        model = await factories.model(db, retention_keep=1)
        for number in range(1, 4):
            await factories.version(db, model, number=number)
    for models, versions in ((500, 2_000), (2, 2_000), (500, 3), (1, 1)):
        monkeypatch.setattr(retention_runs, "_MODELS", models)
        monkeypatch.setattr(retention_runs, "_VERSIONS", versions)
        assert await retention_runs.archivable(db.reader, None) == 10


async def _many_versions(gql: GraphQL, count: int) -> Model:
    model = await factories.model(gql.db, retention_keep=1, last_number=count)
    async with gql.db.write("tests") as session:
        for n in range(1, count + 1):
            values = {"number": n, "version": f"{n}.0.0", "semver_key": str(n), "region": "eu"}
            row = {"content_hash": f"{n:064x}", "status": "ACTIVE", **values}
            session.add(ModelVersion(model_id=model.id, **row))
    return model


async def test_a_plan_that_is_too_long_is_refused_before_it_is_read(gql: GraphQL) -> None:
    model = await _many_versions(gql, PLANNED_MAX + 2)
    document = "query ($i: RetentionInput!) { retentionPlan(input: $i) { planHash } }"
    with gql.statements() as sent:
        code, message = await gql.error(document, i={})
    assert (code, len(sent)) == ("LIMIT_EXCEEDED", 1)
    assert str(PLANNED_MAX + 1) in message
    assert "sum(" in sent[0]
    assert await codes(gql, "applyRetention") == [("LIMIT_EXCEEDED", "model")]
    publish = {
        "model": {"id": model.node_id},
        "version": "2000.0.0",
        "contentHash": "f" * 64,
        "region": "eu",
        "applyRetention": True,
    }
    refused = await codes(gql, "createVersion", **publish)
    assert refused == [("LIMIT_EXCEEDED", "applyRetention")]


async def test_equal_calls_share_what_starts_after_them(gql: GraphQL) -> None:
    document = "{ retentionStats { active } stats { models } }"
    await gql(document)
    with gql.statements() as sent:
        alone = await gql(document)
    each = len(sent)
    with gql.statements() as sent:
        results = await asyncio.gather(*(gql(document) for _ in range(20)))
    assert results == [alone] * 20
    assert len(sent) <= 2 * each
