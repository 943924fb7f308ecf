"""The migration to releases: unknown capabilities, and names that differ by case only."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db.postgres import migrate, migration_state

ROOT = Path(__file__).resolve().parents[2]
_MODEL = """
    INSERT INTO models (id, revision, name, task, retention_keep)
    VALUES (uuidv7(), 1, %s, 'CHAT', 3)
"""
_VERSION = """
    INSERT INTO model_versions (id, revision, model_id, number, version, semver_key, content_hash,
        region, status, capabilities, listed_in)
    SELECT uuidv7(), 1, id, %(number)s, %(number)s || '.0.0', %(number)s,
        repeat(%(number)s::text, 64),
        'eu', 'ACTIVE', %(capabilities)s::text[], '{litellm}' FROM models
"""


def _as(connection: psycopg.Connection[Any], actor: str, statement: str, *values: Any) -> None:
    with connection.transaction():
        connection.execute("SELECT set_config('registry.actor', %s, true)", [actor])
        connection.execute(statement, *values)


def test_an_empty_list_that_only_an_import_wrote_becomes_unknown(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0006")
    with psycopg.connect(empty_url, autocommit=True) as connection:
        _as(connection, "ann", _MODEL, ["m"])
        for number, actor, capabilities in (
            (1, "import:litellm", []),
            (2, "import:litellm", ["TOOLS"]),
            (3, "ann", []),
            (4, "import:litellm", ["TOOLS"]),
        ):
            values = {"number": number, "capabilities": capabilities}
            _as(connection, actor, _VERSION, values)
        clear = "UPDATE model_versions SET capabilities = '{}', revision = 2 WHERE number = 4"
        _as(connection, "ann", clear)
    migrate.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        query = "SELECT number, capabilities, revision FROM model_versions ORDER BY number"
        rows = connection.execute(query).fetchall()
    assert rows == [(1, None, 2), (2, ["TOOLS"], 1), (3, [], 1), (4, [], 2)]


@pytest.fixture
def doubled_url(empty_url: str) -> str:
    """A registry of the migration before, with names that differ by case only."""
    migrate.upgrade(empty_url, "0006")
    with psycopg.connect(empty_url, autocommit=True) as connection:
        for name in ("gpt-4o", "GPT-4o", "Qwen", "qwen", "QWEN", "other"):
            connection.execute(_MODEL, [name])
    return empty_url


def test_names_that_differ_by_case_only_are_refused_and_named(doubled_url: str) -> None:
    with pytest.raises(migrate.MigrationRefused) as refused:
        migrate.upgrade(doubled_url)
    assert "by case only: GPT-4o and gpt-4o; QWEN and Qwen and qwen. Rename" in str(refused.value)
    with psycopg.connect(doubled_url, autocommit=True) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() < ("0008",)  # type: ignore[operator]  # there is one row
        connection.execute("UPDATE models SET name = 'my-' || name WHERE name ~ '[A-Z]'")
        connection.execute("DELETE FROM models WHERE name = 'my-QWEN'")
    migrate.upgrade(doubled_url)
    with psycopg.connect(doubled_url) as connection:
        query = "SELECT array_agg(name ORDER BY name), (SELECT version_num FROM alembic_version)"
        found = connection.execute(f"{query} FROM models").fetchone()
    names = ["gpt-4o", "my-GPT-4o", "my-Qwen", "other", "qwen"]
    assert found == (names, migration_state.head())


def test_the_command_refuses_in_one_line(doubled_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "migrate"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": doubled_url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "cannot be migrated: models have names that differ by case only" in done.stderr
