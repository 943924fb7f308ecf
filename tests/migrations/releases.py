"""The code of releases: earlier ones from git, and a next one made of this code."""

import io
import subprocess
import tarfile
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import NamedTuple

import pytest
from sqlmodel import SQLModel

import db.tables  # noqa: F401  fills SQLModel.metadata
from db.postgres import migration_state
from deploy.lab.registry import ROOT


class Release(NamedTuple):
    """The code of a commit, its newest migration, and its /readyz at the next release's schema."""

    commit: str
    migration: str
    status: int


# The release before this one; who makes a release names its commit here.
PREVIOUS = Release("6606a22b9d2337c3c7a206e8012c9e3471f401c5", "0021", 503)  # no compatible_from
# Code that reads compatible_from; from the next release on, it is PREVIOUS.
COMPATIBLE = Release("46e55a2b5f4910b55811668071195090e405674a", "0024", 200)

# What a release may add to a table: docs/operations.md, Upgrades.
_MIGRATION = '''\
"""What a release may add to {table}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None

compatible_from = "{compatible_from}"
loses = "the notes of {table}"


def upgrade() -> None:
    op.add_column("{table}", sa.Column("next_note", sa.Text()))
    counted = sa.Column("next_count", sa.Integer(), nullable=False, server_default="1")
    op.add_column("{table}", counted)
    op.create_index("ix_{table}_next_note", "{table}", ["next_note"])
    op.create_table("next_{table}", sa.Column("id", sa.Uuid(), primary_key=True))


def downgrade() -> None:
    op.drop_table("next_{table}")
    op.drop_column("{table}", "next_count")
    op.drop_column("{table}", "next_note")
'''
ADDED = ("next_note", "next_count")  # columns of each table
_PACKAGES = (
    *("archive", "catalogs", "db", "domain", "migrations", "planner", "resolvers", "schema"),
    *("server", "ui"),
)


def of(release: Release, folder: Path) -> Path:
    """The folder with a release's code; skips the test where git does not have it."""
    command = ["git", "archive", release.commit]
    archived = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if archived.returncode:
        reason = archived.stderr.decode().strip()
        pytest.skip(f"git has no commit {release.commit[:7]} here: {reason}")
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def following(folder: Path, compatible_from: str) -> Path:
    """The folder with this code and migrations that add to each table; the code knows nothing new.

    They are one migration a table, as one that changes several busy tables would wait for locks
    while it holds others.
    """
    left_out = ignore_patterns(".*", "__pycache__", "node_modules")
    for package in _PACKAGES:
        copytree(ROOT / package, folder / package, ignore=left_out)
    before = migration_state.head()
    for table in sorted(SQLModel.metadata.tables):
        revision = f"{int(before) + 1:04}"
        given = {"table": table, "revision": revision, "before": before}
        text = _MIGRATION.format(**given, compatible_from=compatible_from)
        (folder / f"migrations/versions/{revision}_{table}.py").write_text(text)
        before = revision
    return folder
