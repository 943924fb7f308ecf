"""Which migration this code needs, and which one a database is at.

Without Alembic, which would take 11 MB of each server: it loads Mako, and that loads Pygments.
"""

from functools import cache
from pathlib import Path

import sqlalchemy as sa

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


@cache
def head() -> str:
    """The newest revision this code knows: its file's number."""
    return max(file.name for file in FOLDER.glob("versions/[0-9]*.py")).partition("_")[0]


def current(connection: sa.Connection) -> str | None:
    """The revision a database is at; None before the first migration."""
    if connection.scalar(sa.text("SELECT to_regclass('alembic_version')")) is None:
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found
