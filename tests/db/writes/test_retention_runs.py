"""Runs of retention: a killed run loses nothing, and concurrent runs do the work once."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from archive.store import ArchiveStore
from archive.verify import Report, verify
from db.postgres.engine import Database
from db.reads import retention_plan as rule
from db.reads.archives import archived_versions
from db.reads.retention_plan import RetentionScope
from db.tables import AuditEvent, Model, ModelVersion, ProviderBinding, RetentionRun
from db.writes import retention
from db.writes.archive import ArchivingStep
from db.writes.archive_rows import rows_of
from domain.enums import VersionStatus
from domain.problems import Refused
from tests import factories

# Archived versions, and objects in cold storage, after a kill at each step.
CRASHES = {
    ArchivingStep.BEFORE_WRITE: (0, 0),
    ArchivingStep.AFTER_WRITE: (0, 3),
    ArchivingStep.BEFORE_COMMIT: (0, 3),
    ArchivingStep.AFTER_COMMIT: (3, 3),
}


async def _model(db: Database, versions: int = 4) -> Model:
    """A model that keeps one version; each version has a binding."""
    model = await factories.model(db, retention_keep=1)
    for number in range(1, versions + 1):
        version = await factories.version(db, model, number=number, version=f"{number}.0.0")
        await factories.price(db, await factories.binding(db, version), "0.1")
    return model


async def _count(db: Database, table: type, *conditions: object) -> int:
    async with db.write("tests") as session:
        statement = select(sa.func.count()).select_from(table).where(*conditions)  # type: ignore[arg-type]  # conditions
        return int((await session.exec(statement)).one())


async def _archived(db: Database) -> int:
    return await _count(db, ModelVersion, col(ModelVersion.status) == VersionStatus.ARCHIVED)


async def _verified(db: Database, store: ArchiveStore) -> Report:
    return await verify(store, archived_versions(db.reader), rows_of)


async def _checked(db: Database, store: ArchiveStore) -> Report:
    """Verify cold storage: each version has either its bindings or a sound archive."""
    report = await _verified(db, store)
    assert report.problems == []
    assert report.sound == await _archived(db)
    active = await _count(db, ModelVersion, col(ModelVersion.status) == VersionStatus.ACTIVE)
    assert await _count(db, ProviderBinding) == active
    assert active + report.sound == 8
    return report


@pytest.mark.parametrize("step", CRASHES)
async def test_a_killed_run_loses_nothing_and_a_second_run_completes_it(
    db: Database, database_url: str, store: ArchiveStore, tmp_path: Path, step: ArchivingStep
) -> None:
    for _ in range(2):
        await _model(db)
    command = [sys.executable, "-m", "tests.db.crash", database_url, (tmp_path / "cold").as_uri()]
    killed = await asyncio.to_thread(subprocess.run, [*command, step.value], timeout=60)
    assert killed.returncode == -9
    report = await _checked(db, store)
    assert (report.sound, report.sound + len(report.unreferenced)) == CRASHES[step]
    await retention.run(db, store, RetentionScope(), "tests")
    report = await _checked(db, store)
    assert (report.sound, report.unreferenced) == (6, set())


async def test_a_run_executes_the_plan_and_a_second_run_does_nothing(
    db: Database, store: ArchiveStore
) -> None:
    model = await _model(db, 8)
    planned = await rule.plan(db.reader, RetentionScope([model.id]))
    first, second = [await retention.run(db, store, RetentionScope(), "tests") for _ in range(2)]
    assert (first.archived, second.archived) == (7, 0)
    async with db.write("tests") as session:
        archived = select(ModelVersion.id).where(col(ModelVersion.status) == VersionStatus.ARCHIVED)
        assert set(await session.exec(archived)) == {each.version_id for each in planned.archive}


async def test_concurrent_runs_archive_each_version_once(db: Database, store: ArchiveStore) -> None:
    for _ in range(4):
        await _model(db)
    runs = await asyncio.gather(
        *(retention.run(db, store, RetentionScope(), f"run {n}") for n in range(4))
    )
    assert sum(run.archived for run in runs) == 12
    assert await _count(db, AuditEvent, col(AuditEvent.action) == "ARCHIVED") == 12
    assert (await _verified(db, store)).unreferenced == set()


async def test_a_version_held_while_a_run_waits_is_not_archived(
    db: Database, store: ArchiveStore
) -> None:
    model = await _model(db)
    async with db.write("holder") as session:
        oldest = (
            await session.exec(select(ModelVersion).where(col(ModelVersion.number) == 1))
        ).one()
        oldest.held_at = datetime.now(UTC)
        await session.flush()
        running = asyncio.create_task(retention.run(db, store, RetentionScope([model.id]), "tests"))
        await asyncio.sleep(0.3)
    assert (await running).archived == 2
    assert await _archived(db) == 2


async def test_a_purge_deletes_row_and_object_and_keeps_the_events(
    db: Database, store: ArchiveStore
) -> None:
    await _model(db, 3)
    await retention.run(db, store, RetentionScope(), "tests")
    async with db.write("tests") as session:
        old = sa.update(ModelVersion).where(col(ModelVersion.number) == 1)
        await session.exec(old.values(archived_at=datetime.now(UTC) - timedelta(days=400)))
    year_ago = datetime.now(UTC) - timedelta(days=365)
    run = await retention.run(db, store, RetentionScope(purge_before=year_ago), "tests")
    assert (run.archived, run.purged) == (0, 1)
    assert await _count(db, ModelVersion) == 2
    report = await _verified(db, store)
    assert (report.sound, report.unreferenced) == (1, set())
    async with db.write("tests") as session:
        events = select(AuditEvent).where(col(AuditEvent.subject_name) == "1.0.0")
        trail = list(await session.exec(events.order_by(col(AuditEvent.sequence))))
    assert [event.action for event in trail] == ["CREATED", "ARCHIVED", "UPDATED", "PURGED"]


async def test_a_run_stopped_by_cold_storage_can_be_repeated(
    db: Database, store: ArchiveStore, tmp_path: Path
) -> None:
    await _model(db)
    (tmp_path / "cold").write_text("in the way")
    with pytest.raises(Refused, match="cold storage cannot be written"):
        await retention.run(db, store, RetentionScope(), "tests")
    assert await _archived(db) == 0
    (tmp_path / "cold").unlink()
    assert (await retention.run(db, store, RetentionScope(), "tests")).archived == 3
    unended = col(RetentionRun.ended_at).is_(None)
    assert await _count(db, RetentionRun, unended) == 1
