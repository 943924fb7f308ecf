"""A registry is restored to a moment before a mistake: the commands of docs/backup.md."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from shutil import chown
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg
import pytest

from db.postgres import embedded
from deploy.lab import postgres, processes, registry
from deploy.lab.postgres import Postgres
from deploy.lab.registry import Registry
from tests.project.pages import ROOT, blocks_of
from tests.soak import replay

_, _, BACKUP, RESTORATION = (
    block.text for block in blocks_of(ROOT / "docs" / "backup.md") if block.language == "console"
)
CREATE = """mutation ($name: String!) { createModel(input: { name: $name, task: CHAT }) {
    userErrors { code message } } }"""
VERSION = """mutation ($hash: SHA256!) {
    createVersion(input: { model: { name: "kept" }, version: "1.0.0", contentHash: $hash,
        region: "eu-west-1" }) {
        version { id } userErrors { code message } } }"""
ARCHIVE = """mutation ($id: ID!) { archiveVersion(input: { version: { id: $id } }) {
    userErrors { code message } } }"""
DELETE = """mutation { deleteModel(input: { model: { name: "mistake" } }) {
    userErrors { code message } } }"""
NAMES = "{ models { nodes { name } } }"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user can reach."""
    with TemporaryDirectory(prefix="registry-lab-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


def ask(served: Registry, document: str, **variables: Any) -> Any:
    """The data of an operation without any error."""
    body = {"query": document, "variables": variables}
    answer = httpx.post(f"{served.url}/graphql", json=body).json()
    assert "errors" not in answer, answer
    for payload in answer["data"].values():
        assert not payload.get("userErrors"), payload
    return answer["data"]


def run(commands: str, folder: Path, **variables: str) -> None:
    path = f"{embedded.BINARIES}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **variables, "PATH": path}
    subprocess.run(["/bin/sh", "-ec", commands], cwd=folder, env=environment, check=True)


def own(*folders: Path) -> None:
    """Give folders to PostgreSQL's user, where that is another one."""
    user = postgres.system_user()
    for folder in folders:
        for path in (folder, *folder.rglob("*")) if user else ():
            chown(path, user, user)


def all_archived(primary: Postgres) -> None:
    """End the current segment of the log, and wait until it is archived."""
    ((segment,),) = primary.execute("SELECT pg_walfile_name(pg_switch_wal())")
    done = f"SELECT last_archived_wal >= '{segment}' FROM pg_stat_archiver"
    processes.wait_until(lambda: primary.execute(done)[0][0], "the archiver")


def test_a_mistake_is_undone_and_archives_stay(folder: Path) -> None:
    wal, cold = folder / "wal", folder / "cold"
    wal.mkdir()
    own(wal)
    settings = {
        "archive_mode": "on",
        "archive_command": f"test ! -f {wal}/%f && cp %p {wal}/%f",
    }
    variables = {"REGISTRY_ARCHIVE_URL": cold.as_uri(), "REGISTRY_JOBS": "false"}
    with (
        postgres.running(folder / "primary", settings) as primary,
        registry.serving(folder / "one", primary.url, variables=variables) as served,
    ):
        ask(served, CREATE, name="kept")
        version = ask(served, VERSION, hash="a" * 64)["createVersion"]["version"]["id"]
        ask(served, ARCHIVE, id=version)
        run(BACKUP, folder, DATABASE_URL=primary.url, ARCHIVES=str(cold))
        ask(served, CREATE, name="mistake")
        ((until,),) = primary.execute("SELECT clock_timestamp()")
        assert isinstance(until, datetime)
        with psycopg.connect(primary.url) as connection:
            expected = replay.stored(connection)
        ask(served, DELETE)
        all_archived(primary)
    run(RESTORATION, folder, RESTORED=str(folder / "two"), WAL=str(wal), UNTIL=str(until))
    own(folder / "two")
    restored = postgres.configured(folder / "two")
    restored.start()
    try:
        in_recovery = "SELECT pg_is_in_recovery()"
        processes.wait_until(lambda: not restored.execute(in_recovery)[0][0], "the recovery")
        with psycopg.connect(restored.url) as connection:
            assert replay.stored(connection) == expected
        check_served(folder, restored, folder / "archives-backup")
    finally:
        restored.stop()


def check_served(folder: Path, restored: Postgres, archives: Path) -> None:
    """What was deleted by mistake is there, writes are accepted, and all archives are sound."""
    variables = {"REGISTRY_ARCHIVE_URL": archives.as_uri(), "REGISTRY_JOBS": "false"}
    with registry.serving(folder / "two-served", restored.url, variables=variables) as served:
        names = {model["name"] for model in ask(served, NAMES)["models"]["nodes"]}
        assert names == {"kept", "mistake"}
        ask(served, CREATE, name="later")
        command = [sys.executable, "-m", "server", "archive", "verify"]
        environment = {**os.environ, "DATABASE_URL": restored.url, **variables}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert "1 archive" in done.stdout
