"""A backup can be restored: the commands of docs/backup.md, as they stand there."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import rmtree
from typing import Any

import psycopg

from archive.store import ArchiveStore
from db.postgres import embedded
from db.postgres.engine import Database
from tests import factories
from tests.graphql import GraphQL
from tests.project.pages import ROOT, blocks_of, paragraph_of
from tests.soak import replay

ARCHIVE = """mutation ($id: ID!) { archiveVersion(input: { version: { id: $id } }) {
    userErrors { message } } }"""
RESTORE = """mutation ($id: ID!) { restoreVersion(input: { version: { id: $id } }) {
    version { bindings { nodes { providerModelId } } } userErrors { code }
} }"""


BACKUP, RESTORATION, *_ = (
    block.text for block in blocks_of(ROOT / "docs" / "backup.md") if block.language == "console"
)


def _run(commands: str, folder: Path, **variables: str) -> None:
    path = f"{embedded.BINARIES}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **variables, "PATH": path}
    subprocess.run(["/bin/sh", "-ec", commands], cwd=folder, env=environment, check=True)


def _rows(url: str) -> Any:
    """All rows of the registry's tables, and the number of events."""
    with psycopg.connect(url) as connection:
        events = connection.execute("SELECT count(*) FROM audit_events").fetchone()
        return replay.stored(connection), events


def _verify(url: str, archives: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATABASE_URL": url, "REGISTRY_ARCHIVE_URL": archives.as_uri()}
    command = [sys.executable, "-m", "server", "archive", "verify"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


async def _restored(url: str, archives: Path, version_id: str) -> Any:
    """What `restoreVersion` answers on this database and these archives."""
    database, store = Database(url), ArchiveStore(archives.as_uri())
    try:
        return (await GraphQL(database, store)(RESTORE, id=version_id))["restoreVersion"]
    finally:
        store.close()
        await database.close()


async def test_a_backup_of_both_parts_is_whole(
    gql: GraphQL, database_url: str, empty_url: str, tmp_path: Path
) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db))
    await factories.binding(gql.db, version, provider_model_id="served")
    await gql(ARCHIVE, id=version.node_id)
    original, copy = tmp_path / "cold", tmp_path / "restored"
    _run(BACKUP, tmp_path, DATABASE_URL=database_url, ARCHIVES=str(original))
    rmtree(original)  # the original is lost
    _run(RESTORATION, tmp_path, RESTORED_URL=empty_url, RESTORED_ARCHIVES=str(copy))

    assert (await _restored(empty_url, original, version.node_id))["userErrors"] == [
        {"code": "STORAGE_UNAVAILABLE"}
    ]
    assert _rows(empty_url) == _rows(database_url)
    done = _verify(empty_url, copy)
    assert (done.returncode, done.stderr) == (0, "")
    assert await _restored(empty_url, copy, version.node_id) == {
        "version": {"bindings": {"nodes": [{"providerModelId": "served"}]}},
        "userErrors": [],
    }


def test_a_copy_of_the_data_directory_is_a_backup_of_the_embedded_database(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "server"]

    def registry(folder: str, *arguments: str) -> str:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment["REGISTRY_DATA_DIR"] = str(tmp_path / folder)
        options = {"cwd": ROOT, "env": environment, "capture_output": True, "text": True}
        done = subprocess.run([*command, *arguments], check=True, **options)
        return done.stdout

    registry("data", "import", "synthetic", "--models", "2", "--versions", "5")
    registry("data", "retention", "apply", "--yes")
    subprocess.run(["cp", "-a", "data", "copy"], cwd=tmp_path, check=True)
    rmtree(tmp_path / "data")
    assert "4 archives are sound" in registry("copy", "archive", "verify")


def test_the_readme_names_both_parts() -> None:
    backups = paragraph_of("Backups.**")
    for part in ("pg_dump", "REGISTRY_ARCHIVE_URL", "registry archive verify", "docs/backup.md"):
        assert part in backups
