"""Which migration this code needs, and which one a database is at.

It does not use Alembic, which would take 11 MB of each server: it loads Mako and Pygments.
"""

from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


@cache
def head() -> str:
    """The newest migration of this code: the number in its file's name."""
    return max(file.name for file in FOLDER.glob("versions/[0-9]*.py")).partition("_")[0]


async def current(source: Source) -> str | None:
    """The migration that a database is at; None before the first one."""
    ((is_migrated,),) = await reader.rows(source, _HAS_VERSION)
    versions = await reader.rows(source, _VERSION) if is_migrated else []
    return versions[0].version_num if versions else None


_IS_MIGRATED: Any = sa.func.to_regclass("alembic_version").is_not(None).label("is_migrated")
_NUMBER: Any = sa.column("version_num", sa.Text())
_HAS_VERSION = Query("has alembic version", lambda: sa.select(_IS_MIGRATED), {})
_VERSION = Query(
    "alembic version", lambda: sa.select(_NUMBER).select_from(sa.table("alembic_version")), {}
)
