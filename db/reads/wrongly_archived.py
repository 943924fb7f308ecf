"""Versions that retention archived although a catalog lists them, in SQL.

Retention keeps such versions now. Earlier releases did not know what a catalog lists.
"""

from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query
from db.reads.protections import listing_catalogs
from db.tables import Model, ModelVersion
from domain.enums import ArchiveReason, VersionStatus


class WronglyArchived(NamedTuple):
    """A version, and the names of the catalogs that list it, sorted."""

    id: UUID
    model: str
    version: str
    catalogs: list[str]


async def versions(source: Source) -> list[WronglyArchived]:
    """All of them, sorted by the model's name, newest version first."""
    return [
        WronglyArchived(row.id, row.model, row.version, row.catalogs)
        for row in await reader.rows(source, _QUERY)
    ]


def _select() -> sa.Select[Any]:
    catalogs = listing_catalogs()
    statement: Any = sa.select(
        col(ModelVersion.id),
        col(Model.name).label("model"),
        col(ModelVersion.version),
        catalogs.label("catalogs"),
    )
    wrongly: sa.Select[Any] = (
        statement.join_from(ModelVersion, Model, col(Model.id) == ModelVersion.model_id)
        .where(
            col(ModelVersion.status) == VersionStatus.ARCHIVED,
            col(ModelVersion.archive_reason) == ArchiveReason.RETENTION,
            catalogs.is_not(None),
        )
        .order_by(col(Model.name), col(ModelVersion.number).desc())
    )
    return wrongly


_QUERY = Query("wrongly archived", _select, {}, is_slow=True)
