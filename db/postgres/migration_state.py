"""Which migration this code needs, and which one a database is at.

It does not use Alembic, which would take 11 MB of each server: it loads Mako and Pygments.
"""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


@cache
def head() -> str:
    """The newest migration of this code: the number in its file's name."""
    return max(file.name for file in FOLDER.glob("versions/[0-9]*.py")).partition("_")[0]


class Migration(NamedTuple):
    """The migration that a database is at, and the newest one of the oldest code that fits it."""

    revision: str
    compatible_from: str

    @property
    def fits(self) -> bool:
        """Whether this code works with the database: it is as new, or the database says so."""
        return self.revision == head() or self.compatible_from <= head() < self.revision

    @property
    def problem(self) -> str:
        """Why this code does not fit, in words for the operator."""
        if self.revision < head():
            return f"the database is at migration {self.revision}, this server needs {head()}"
        return (
            f"the database is at migration {self.revision}, which needs a server of migration"
            f" {self.compatible_from} or newer; this one has {head()}"
        )


async def current(source: Source) -> Migration | None:
    """The migration that a database is at; None before the first one."""
    ((is_migrated,),) = await reader.rows(source, _HAS_VERSION)
    versions = await reader.rows(source, _VERSION) if is_migrated else []
    if not versions:
        return None
    ((revision, compatible_from),) = versions
    return Migration(revision, compatible_from or revision)


_IS_MIGRATED: Any = sa.func.to_regclass("alembic_version").is_not(None).label("is_migrated")
_HAS_VERSION = Query("has alembic version", lambda: sa.select(_IS_MIGRATED), {})
# Migrations before 0024 have no such column: that of the row as JSON is null then.
_ROW: Any = sa.func.to_jsonb(sa.literal_column("alembic_version")).op("->>")("compatible_from")
_VERSION = Query(
    "alembic version",
    lambda: sa.select(sa.column("version_num", sa.Text()), _ROW.label("code")).select_from(
        sa.table("alembic_version")
    ),
    {},
)
