"""A backup as the README describes it, the database and then the archives, can be restored."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import move
from typing import Any

from archive.store import ArchiveStore
from db.postgres import embedded
from db.postgres.engine import Database
from tests import factories
from tests.graphql import GraphQL
from tests.project.pages import ROOT, paragraph_of

ARCHIVE = """mutation ($id: ID!) { archiveVersion(input: { version: { id: $id } }) {
    userErrors { message } } }"""
RESTORE = """mutation ($id: ID!) { restoreVersion(input: { version: { id: $id } }) {
    version { bindings { nodes { providerModelId } } } userErrors { code }
} }"""


def _copy_database(source: str, target: str) -> None:
    dump = subprocess.run([embedded.BINARIES / "pg_dump", source], check=True, capture_output=True)
    load = [embedded.BINARIES / "psql", "--quiet", "--set", "ON_ERROR_STOP=1", target]
    subprocess.run(load, input=dump.stdout, check=True, capture_output=True)


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


async def test_a_dump_is_a_whole_backup_only_with_the_archives(
    gql: GraphQL, database_url: str, empty_url: str, tmp_path: Path
) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db))
    await factories.binding(gql.db, version, provider_model_id="served")
    await gql(ARCHIVE, id=version.node_id)
    _copy_database(database_url, empty_url)
    original, copy = tmp_path / "cold", tmp_path / "copy"
    move(original, copy)  # the original is lost

    assert (await _restored(empty_url, original, version.node_id))["userErrors"] == [
        {"code": "STORAGE_UNAVAILABLE"}
    ]
    done = _verify(empty_url, copy)
    assert (done.returncode, done.stderr) == (0, "")
    assert await _restored(empty_url, copy, version.node_id) == {
        "version": {"bindings": {"nodes": [{"providerModelId": "served"}]}},
        "userErrors": [],
    }


def test_the_readme_names_both_parts() -> None:
    backups = paragraph_of("Backups.**")
    for part in ("pg_dump", "REGISTRY_ARCHIVE_URL", "registry archive verify"):
        assert part in backups
