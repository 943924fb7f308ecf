"""Retention keeps what a catalog lists: the versions that its last import named."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from archive.store import ArchiveStore
from catalogs import genai_prices, synthetic
from catalogs.catalog import Binding, Catalog, Facts, Model, Provider, Version
from catalogs.load import Report, load
from db.postgres.engine import Database
from db.reads import retention_plan, retention_runs
from db.reads.retention_plan import RetentionScope
from db.writes import retention
from domain.enums import ProtectionReason, ProviderKind, TaskType
from tests.soak import replay

VERSIONS = tuple(f"{number}.0.0" for number in range(1, 6))
YEAR = timedelta(days=365)


def catalog(*versions: str, source: str = "test") -> Catalog:
    binding = Binding(provider="acme", provider_model_id="m-1")
    return Catalog(
        source=source,
        providers=(Provider(slug="acme", name="Acme", kind=ProviderKind.OPENAI),),
        models=[
            Model(
                name="m",
                task=TaskType.CHAT,
                versions=tuple(
                    Version(version=version, facts=Facts(), bindings=(binding,))
                    for version in versions
                ),
            )
        ],
        binding_count=len(versions),
    )


async def imported(db: Database, content: Catalog) -> Report:
    return await load(db, content, lambda done, total: None)


def scope() -> RetentionScope:
    """What the daily job covers."""
    return RetentionScope(purge_before=datetime.now(UTC) - YEAR)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ArchiveStore]:
    opened = ArchiveStore(tmp_path.as_uri())
    yield opened
    opened.close()


@contextmanager
def psql(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url) as connection:
        yield connection


def listed(url: str) -> dict[str, list[str] | None]:
    with psql(url) as connection:
        query = "SELECT version, listed_in FROM model_versions ORDER BY number"
        return dict(connection.execute(query).fetchall())


async def kept(db: Database) -> list[ProtectionReason]:
    return [each.because for each in (await retention_plan.plan(db.reader, scope())).protected]


async def test_the_daily_retention_of_a_fresh_registry_archives_nothing(
    db: Database, store: ArchiveStore, database_url: str
) -> None:
    report = await imported(db, genai_prices.read())
    assert report.counts["version"].created > 1_000
    assert set(map(tuple, filter(None, listed(database_url).values()))) == {("genai-prices",)}
    assert None not in listed(database_url).values()
    run = await retention.run(db, store, scope(), "retention")
    assert (run.archived, run.purged) == (0, 0)
    assert set(await kept(db)) == {ProtectionReason.LISTED}
    again = await imported(db, genai_prices.read())
    assert [counts.skipped for counts in again.counts.values()] == [0] * 5
    assert again.delisted == ()


async def test_a_version_that_the_catalog_names_no_longer_is_archived(
    db: Database, store: ArchiveStore, database_url: str
) -> None:
    await imported(db, catalog(*VERSIONS))
    assert await kept(db) == [ProtectionReason.LISTED] * 2
    report = await imported(db, catalog(*VERSIONS[1:]))
    assert [issue.entry for issue in report.delisted] == ["m 1.0.0"]
    assert listed(database_url) == {"1.0.0": None, **{each: ["test"] for each in VERSIONS[1:]}}
    assert (await imported(db, catalog(*VERSIONS[1:]))).delisted == ()
    assert (await retention.run(db, store, scope(), "retention")).archived == 1
    replay.check(database_url)


async def test_what_another_catalog_lists_stays(db: Database, database_url: str) -> None:
    await imported(db, catalog(*VERSIONS))
    await imported(db, catalog(*VERSIONS[:2], source="another"))
    assert listed(database_url)["1.0.0"] == ["another", "test"]
    await imported(db, catalog(*VERSIONS[2:]))
    assert listed(database_url)["1.0.0"] == ["another"]
    assert await kept(db) == [ProtectionReason.LISTED] * 2
    await imported(db, catalog(*VERSIONS[2:], source="another"))
    assert await kept(db) == []


async def test_a_listed_archive_is_not_purged(db: Database, database_url: str) -> None:
    """The next import would create the version again, under another number."""
    await imported(db, catalog(*VERSIONS))
    with psql(database_url) as connection:
        connection.execute(
            "UPDATE model_versions SET status = 'ARCHIVED',"
            " archived_at = now() - interval '2 years', archive_reason = 'MANUAL',"
            " listed_in = NULL WHERE number <= 2"
        )
    report = await imported(db, catalog(*VERSIONS[1:]))
    assert [issue.entry for issue in report.skipped] == ["m 2.0.0"]
    plan = await retention_plan.plan(db.reader, scope())
    assert (len(plan.purge), [each.because for each in plan.protected]) == (
        1,
        [ProtectionReason.LISTED],
    )
    assert (await retention_runs.stats(db.reader, None)).purgeable == 1


async def test_generated_versions_are_not_listed(db: Database, database_url: str) -> None:
    await imported(db, synthetic.read(1, 5, 1, 1))
    assert set(listed(database_url).values()) == {None}
    assert ProtectionReason.LISTED not in await kept(db)


async def test_the_change_of_a_listing_is_an_event(db: Database, database_url: str) -> None:
    """So that a cached plan of retention is not served any longer."""
    await imported(db, catalog(*VERSIONS))
    await imported(db, catalog(*VERSIONS[1:]))
    with psql(database_url) as connection:
        query = "SELECT actor, action, changes FROM audit_events ORDER BY sequence DESC LIMIT 1"
        (event,) = connection.execute(query).fetchall()
    assert event[:2] == ("import:test", "UPDATED")
    assert event[2] == {"listed_in": [["test"], None], "revision": [1, 2]} | {
        "updated_at": event[2]["updated_at"]
    }
