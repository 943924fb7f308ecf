"""Every command and job that changes something names itself in the audit log, in a known form."""

import json
import os
import pwd
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate.periodic import PeriodicDeferrer

from archive.store import ArchiveStore
from db.postgres.engine import Database
from domain import actors
from server.ops import jobs
from server.settings import Settings
from tests import factories
from tests.server.commands.processes import registry

USER = actors.command(pwd.getpwuid(os.getuid()).pw_name)
PERIOD = 1_800_000_000


def _registry(url: str, folder: Path, *arguments: str) -> None:
    names = dict.fromkeys(("LOGNAME", "USER", "USERNAME", "SUDO_USER"), "token:somebody-else")
    done = registry(*arguments, DATABASE_URL=url, REGISTRY_DATA_DIR=str(folder), **names)
    assert done.returncode == 0, done.stderr


def _rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def _actors(url: str, kinds: str) -> set[str]:
    query = f"SELECT DISTINCT actor FROM audit_events WHERE kind IN ({kinds}) AND actor <> 'tests'"
    return {name for (name,) in _rows(url, query)}


@pytest.fixture
async def old_version(db: Database) -> factories.ModelVersion:
    """The older one of two versions, of a model that keeps one."""
    model = await factories.model(db, name="old", retention_keep=1)
    old, _ = [await factories.version(db, model, number=n, version=f"{n}.0.0") for n in (1, 2)]
    return old


async def test_commands_of_retention_have_the_systems_user(
    db: Database, database_url: str, tmp_path: Path, old_version: factories.ModelVersion
) -> None:
    binding = await factories.binding(db, old_version)
    _registry(database_url, tmp_path, "retention", "apply", "--yes")
    await factories.entry(db, await factories.catalog(db), binding)
    _registry(database_url, tmp_path, "retention", "wrongly-archived", "--restore")
    events = _rows(
        database_url,
        "SELECT action, actor FROM audit_events WHERE actor <> 'tests' AND kind = 'VERSION'",
    )
    assert events == [("ARCHIVED", USER), ("RESTORED", USER)]
    assert _rows(database_url, "SELECT actor FROM retention_runs") == [(USER,)]


def test_imports_have_their_catalog(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "map.json"
    entry = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1e-6}
    file.write_text(json.dumps({"acme/m-1": entry}))
    _registry(database_url, tmp_path, "import", "litellm", str(file))
    assert _actors(database_url, "'MODEL', 'CATALOG', 'PRICE'") == {"import:litellm"}
    sizes = ("--models", "1", "--versions", "1", "--bindings", "1")
    _registry(database_url, tmp_path, "import", "synthetic", *sizes)
    assert _actors(database_url, "'MODEL'") == {"import:litellm", "import:synthetic"}


@pytest.mark.usefixtures("old_version")
async def test_each_job_has_its_name(db: Database, database_url: str, store: ArchiveStore) -> None:
    """All jobs run, also one that is added: whatever they change has a name of the form."""
    app = jobs.build(db, store, Settings(_env_file=None), database_url)
    async with app.open_async():
        for periodic in app.periodic_registry.periodic_tasks.values():
            await PeriodicDeferrer(app.periodic_registry).defer_jobs([(periodic, PERIOD)])
        await app.run_worker_async(wait=False, install_signal_handlers=False)
    assert _rows(database_url, "SELECT actor FROM retention_runs") == [("job:retention",)]
    assert _actors(database_url, "'VERSION', 'RETENTION'") == {"job:retention"}
    query = "SELECT DISTINCT actor FROM audit_events WHERE actor <> 'tests'"
    assert all(actors.is_actor(name) for (name,) in _rows(database_url, query))
