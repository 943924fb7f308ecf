"""Which code works with a schema is said by its migrations, and is kept in the database."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.script import ScriptDirectory
from httpx import ASGITransport, AsyncClient

from db.postgres import migrate, migration_state
from server.app import build
from server.commands import databases
from server.commands.failures import Failure
from server.commands.migrate import undo
from server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
FIRST = "0024"  # the first one that says it
HEAD = migration_state.head()
NEWER = f"{int(HEAD) + 1:04}"  # a migration of the release after this one


def test_each_migration_says_which_code_works_with_it_and_what_its_downgrade_loses() -> None:
    scripts = [each for each in ScriptDirectory("migrations").walk_revisions()][::-1]
    said = [each.module for each in scripts if each.revision >= FIRST]
    oldest = [each.compatible_from for each in said]
    assert oldest == sorted(oldest)  # what one has removed, the next one does not bring back
    assert all(each.compatible_from <= each.revision for each in said)
    assert all(isinstance(each.loses, str) for each in said)
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert [each.revision for each in said if f"| {each.revision} |" not in page] == []
    assert f'"migration": "{HEAD}"' in page  # what /readyz shows


def _at(url: str, revision: str, compatible_from: str) -> None:
    """Let the database be at another migration, as a newer release would leave it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "UPDATE alembic_version SET version_num = %s, compatible_from = %s",
            [revision, compatible_from],
        )


@pytest.mark.parametrize(("compatible_from", "status"), [(HEAD, 200), (NEWER, 503)])
async def test_an_older_server_is_ready_where_the_newer_schema_allows_it(
    database_url: str, compatible_from: str, status: int
) -> None:
    _at(database_url, NEWER, compatible_from)
    app = build(Settings(_env_file=None, jobs=False), database_url)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://localhost") as client:
        response = await client.get("/readyz")
    assert response.status_code == status
    body = response.json()
    assert body.get("migration", NEWER) == NEWER
    assert ("needs a server of migration" in body.get("reason", "")) is (status == 503)


def _registry(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env={"DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_command_of_an_older_release_leaves_a_newer_database(database_url: str) -> None:
    _at(database_url, NEWER, NEWER)
    for command in (("migrate",), ("serve", "--migrate", "--port", "0")):
        done = _registry(database_url, *command)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert f"The database is at migration {NEWER}".lower() in done.stderr.lower()


@pytest.mark.parametrize(
    ("act", "arguments"),
    [(databases.upgrade, ["0024"]), (undo, ["0022", True])],
    ids=["up", "down"],
)
def test_a_migration_that_gets_no_lock_leaves_those_that_are_done(
    database_url: str,
    act: Callable[..., None],
    arguments: Sequence[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    migrate.downgrade(database_url, "0023")
    monkeypatch.setattr(migrate, "_LOCK_TIMEOUT_MS", 50)
    with psycopg.connect(database_url) as connection:
        connection.execute("LOCK TABLE alembic_version, work_runs IN ROW SHARE MODE")
        with pytest.raises(Failure) as failure:
            act(database_url, *arguments)
    assert "waited 5 s for a lock that another transaction holds" in str(failure.value)
    assert "at migration 0023: run the command again" in str(failure.value)
    migrate.upgrade(database_url)


def test_the_newest_release_can_be_undone_with_its_rows_kept(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO models (id, revision, name, task, retention_keep)"
            " VALUES (uuidv7(), 1, 'kept', 'CHAT', 3)"
        )
    assert _registry(database_url, "migrate", "0023", "--down", "--yes").returncode == 0
    with psycopg.connect(database_url) as connection:
        query = "SELECT name, version_num FROM models, alembic_version"
        assert connection.execute(query).fetchall() == [("kept", "0023")]
    migrate.upgrade(database_url)


def test_an_older_release_is_not_undone_as_its_losses_are_not_named(database_url: str) -> None:
    done = _registry(database_url, "migrate", "0019", "--down", "--yes")
    assert done.returncode == 1
    assert "migration 0021 does not say which data it would delete" in done.stderr
