"""retentionPlan and retentionStats: what would be done, and why the rest stays."""

from datetime import UTC, datetime, timedelta

import pytest

from db.reads import retention_plan
from db.reads.retention_plan import RetentionScope
from db.tables import Model, ModelVersion
from domain.enums import ArchiveReason, VersionStatus
from tests import factories
from tests.graphql import GraphQL

PLAN = """query ($input: RetentionInput!) { retentionPlan(input: $input) {
    archive { version { number } reason }
    purge { version { number } reason }
    protected { version { number } because reason }
    planHash
} }"""


async def plan(gql: GraphQL, of: Model | None = None, **values: object) -> dict:
    scope = {"model": {"id": of.node_id}} if of else {}
    return (await gql(PLAN, input={**scope, **values}))["retentionPlan"]


async def versions(gql: GraphQL, of: Model, count: int) -> list[ModelVersion]:
    return [
        await factories.version(gql.db, of, number=n, version=f"{n}.0.0")
        for n in range(1, count + 1)
    ]


def numbers(actions: list[dict]) -> list[int]:
    return [action["version"]["number"] for action in actions]


async def archived(gql: GraphQL, of: Model, days: int, **columns: object) -> ModelVersion:
    at = datetime.now(UTC) - timedelta(days=days)
    values = {
        "status": VersionStatus.ARCHIVED,
        "archived_at": at,
        "archive_reason": ArchiveReason.MANUAL,
        "archive_size_bytes": 100,
    }
    return await factories.version(gql.db, of, **values, **columns)


async def test_a_plan_archives_all_but_the_latest_and_names_the_protected(
    gql: GraphQL,
) -> None:
    model = await factories.model(gql.db, retention_keep=2)
    first, second, *_ = await versions(gql, model, 6)
    await factories.alias(gql.db, first)
    async with gql.db.write("tests") as session:
        held = await session.get(ModelVersion, second.id)
        assert held is not None
        held.held_at = datetime.now(UTC)
    planned = await plan(gql, model)
    assert numbers(planned["archive"]) == [4, 3]
    assert [(p["version"]["number"], p["because"]) for p in planned["protected"]] == [
        (2, "HOLD"),
        (1, "ALIAS"),
    ]
    assert planned["archive"][0]["reason"] == (
        "the latest 2 stay (6.0.0, 5.0.0), and nothing protects it"
    )
    assert planned["purge"] == []


async def test_a_plan_says_which_alias_hold_and_catalog_protect_a_version(gql: GraphQL) -> None:
    """An entry protects its version while its catalog lists it."""
    model = await factories.model(gql.db, retention_keep=1)
    rows = await versions(gql, model, 4)
    catalogs = [await factories.catalog(gql.db, name=name) for name in ("litellm", "genai-prices")]
    gone = {"delisted_at": factories.EPOCH, "last_seen_at": factories.EPOCH}
    bindings = [await factories.binding(gql.db, row) for row in rows]
    for of in (*catalogs, catalogs[0]):
        await factories.entry(gql.db, of, bindings[0])
    await factories.entry(gql.db, catalogs[0], bindings[1], **gone)
    await factories.entry(gql.db, catalogs[0], bindings[2])
    await factories.entry(gql.db, catalogs[1], bindings[2], **gone)
    await factories.alias(gql.db, rows[0], "production")
    await factories.alias(gql.db, rows[0], "canary")
    async with gql.db.write("tests") as session:
        row = await session.get(ModelVersion, rows[0].id)
        assert row is not None
        row.held_at, row.hold_reason = datetime.now(UTC), "audit"
    planned = await plan(gql, model)
    assert numbers(planned["archive"]) == [2]
    assert (
        planned["archive"][0]["reason"] == "only the latest stays (4.0.0), and nothing protects it"
    )
    assert {p["version"]["number"]: (p["because"], p["reason"]) for p in planned["protected"]} == {
        3: ("LISTED", "listed in litellm"),
        1: (
            "ALIAS",
            "the alias canary points at it; the alias production points at it; it is held: audit;"
            " listed in genai-prices and litellm",
        ),
    }


async def test_the_last_active_version_says_so(gql: GraphQL) -> None:
    model = await factories.model(gql.db, retention_keep=1)
    await factories.version(gql.db, model, number=1)
    await factories.version(gql.db, model, number=2, status=VersionStatus.DEPRECATED)
    (kept,) = (await plan(gql, model))["protected"]
    assert (kept["because"], kept["reason"]) == ("ONLY_ACTIVE", "no later version is ACTIVE")


async def test_keep_replaces_the_number_of_each_model(gql: GraphQL) -> None:
    for keep in (2, 5):
        await versions(gql, await factories.model(gql.db, retention_keep=keep), 6)
    assert len((await plan(gql))["archive"]) == 4 + 1
    assert len((await plan(gql, keep=1))["archive"]) == 5 + 5


async def test_drafts_are_neither_counted_nor_archived(gql: GraphQL) -> None:
    model = await factories.model(gql.db, retention_keep=1)
    await versions(gql, model, 2)
    await factories.version(gql.db, model, number=3, status=VersionStatus.DRAFT)
    assert numbers((await plan(gql, model))["archive"]) == [1]


async def test_old_archives_are_purged_only_with_purge_archived_before(gql: GraphQL) -> None:
    model = await factories.model(gql.db)
    old = await archived(gql, model, 400)
    await archived(gql, model, 10)
    held = await archived(gql, model, 500, held_at=datetime.now(UTC))
    before = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    assert numbers((await plan(gql, model))["purge"]) == []
    planned = await plan(gql, model, purgeArchivedBefore=before)
    assert numbers(planned["purge"]) == [old.number]
    (kept,) = planned["protected"]
    assert (kept["version"]["number"], kept["because"], kept["reason"]) == (
        held.number,
        "HOLD",
        "it is held",
    )


async def test_the_hash_depends_on_the_planned_actions_only(gql: GraphQL) -> None:
    model = await factories.model(gql.db, retention_keep=2)
    await versions(gql, model, 4)
    first = await plan(gql, model)
    assert (await plan(gql, model))["planHash"] == first["planHash"]
    assert (await plan(gql, model, keep=1))["planHash"] != first["planHash"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"keep": 0}, "keep must be from 1 to 10"),
        ({"keep": 11}, "keep must be from 1 to 10"),
        ({"model": {"name": "none"}}, "the model does not exist"),
        ({"purgeArchivedBefore": "2999-01-01T00:00:00Z"}, "must not be in the future"),
    ],
)
async def test_bad_input_is_refused(gql: GraphQL, values: dict, expected: str) -> None:
    code, message = await gql.error(PLAN, input=values)
    assert code == "BAD_USER_INPUT"
    assert expected in message


async def test_a_plan_too_long_to_read_names_the_command_line(gql: GraphQL) -> None:
    model = await factories.model(gql.db, retention_keep=1)
    async with gql.db.write("tests") as session:
        for n in range(1, 1_003):
            values = {"number": n, "version": f"{n}.0.0", "semver_key": str(n), "region": "eu"}
            row = ModelVersion(
                model_id=model.id, content_hash=f"{n:064x}", status="ACTIVE", **values
            )
            session.add(row)
    code, message = await gql.error(PLAN, input={})
    assert code == "LIMIT_EXCEEDED"
    assert "registry retention plan" in message


async def test_stats_count_versions_and_planned_actions(gql: GraphQL) -> None:
    model, other = await factories.model(gql.db, retention_keep=2), await factories.model(gql.db)
    await versions(gql, model, 5)
    await versions(gql, other, 1)
    await archived(gql, model, 400)
    await archived(gql, model, 400, held_at=datetime.now(UTC))
    await archived(gql, other, 1)
    document = """query ($model: ModelRef) { retentionStats(model: $model) {
        active archived archivable purgeable coldBytes lastRun { id } } }"""
    stats = (await gql(document, model={"name": model.name}))["retentionStats"]
    everything = (await gql(document))["retentionStats"]
    assert list(stats.values()) == [5, 2, 3, 1, "200", None]
    assert list(everything.values()) == [6, 3, 3, 1, "300", None]


async def _called(gql: GraphQL, version: ModelVersion, ago: timedelta) -> None:
    """A binding of the version was called at a time, and another one never."""
    await factories.binding(gql.db, version)
    binding = await factories.binding(gql.db, version)
    await factories.health(gql.db, binding, last_outcome_at=datetime.now(UTC) - ago)


async def test_a_version_that_was_called_recently_is_protected(gql: GraphQL) -> None:
    model = await factories.model(gql.db, retention_keep=1)
    first, second, *_ = await versions(gql, model, 3)
    ago = timedelta(days=6, hours=23)
    await _called(gql, first, ago)
    await _called(gql, second, timedelta(days=7, hours=1))
    planned = await plan(gql, model)
    assert numbers(planned["archive"]) == [2]
    (protected,) = planned["protected"]
    last = f"it was called recently, last at {datetime.now(UTC) - ago:%Y-%m-%d }"
    assert protected["because"] == "RECENT_TRAFFIC"
    assert protected["reason"].startswith(last)
    assert (await gql("{ retentionStats { archivable } }"))["retentionStats"] == {"archivable": 1}


async def test_more_calls_leave_the_hash_of_a_plan_as_it_is(gql: GraphQL) -> None:
    model = await factories.model(gql.db, retention_keep=1)
    first, second, *_ = await versions(gql, model, 3)
    await _called(gql, first, timedelta(days=2))
    before = await plan(gql, model)
    await _called(gql, first, timedelta(minutes=1))
    after = await plan(gql, model)
    assert after["planHash"] == before["planHash"]
    assert after["protected"][0]["reason"] != before["protected"][0]["reason"]
    await _called(gql, second, timedelta(minutes=1))
    assert (await plan(gql, model))["planHash"] != before["planHash"]


async def test_the_time_that_counts_as_recent_is_a_setting(gql: GraphQL) -> None:
    model = await factories.model(gql.db, retention_keep=1)
    first, *_ = await versions(gql, model, 2)
    await _called(gql, first, timedelta(hours=1))
    for days, archived in ((0, 1), (1, 0)):
        scope = RetentionScope([model.id], recent_traffic=timedelta(days=days))
        found = await retention_plan.plan(gql.db.reader, scope)
        assert len(found.archive) == archived


async def test_a_plan_repeats_the_names_of_its_versions(gql: GraphQL) -> None:
    """So that a plan is shown by two statements, or four with a time to purge before."""
    model = await factories.model(gql.db, retention_keep=1)
    first, *_ = await versions(gql, model, 3)
    await factories.alias(gql.db, first)
    await archived(gql, model, 400, version="9.0.0")
    await archived(gql, model, 400, version="8.0.0", held_at=datetime.now(UTC))
    names = "modelName versionLabel"
    document = f"""query ($input: RetentionInput!) {{ retentionPlan(input: $input) {{
        archive {{ {names} }} purge {{ {names} }} protected {{ {names} }} }} }}"""
    before = (datetime.now(UTC) - timedelta(days=365)).isoformat()
    for values, statements in (({}, 2), ({"purgeArchivedBefore": before}, 4)):
        with gql.statements() as sent:
            found = (await gql(document, input=values))["retentionPlan"]
        assert len(sent) == statements, "\n".join(sent)
        assert {each["modelName"] for part in found.values() for each in part} == {model.name}
        labels = {part: [each["versionLabel"] for each in of] for part, of in found.items()}
        assert labels["archive"] == ["2.0.0"]
        assert labels["purge"] == (["9.0.0"] if values else [])
        assert labels["protected"] == ["1.0.0", *(["8.0.0"] if values else [])]


async def test_stats_plan_only_where_it_is_asked_how_much_is_archivable(gql: GraphQL) -> None:
    await versions(gql, await factories.model(gql.db, retention_keep=1), 3)
    with gql.statements() as sent:
        await gql("{ retentionStats { active archived purgeable coldBytes lastRun { id } } }")
    assert len(sent) == 2, "\n".join(sent)
    data = await gql("{ retentionStats { archivable } }")
    assert data == {"retentionStats": {"archivable": 2}}
