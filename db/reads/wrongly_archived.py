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
from db.tables import Catalog, CatalogEntry, Model, ModelVersion
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
    names = sa.func.array_agg(sa.distinct(col(Catalog.name)), type_=sa.ARRAY(sa.Text))
    entries = sa.join(CatalogEntry, Catalog, col(Catalog.id) == CatalogEntry.catalog_id)
    listing = (
        sa.select(names.label("catalogs"))
        .select_from(entries)
        .where(
            col(CatalogEntry.version_id) == ModelVersion.id,
            col(CatalogEntry.delisted_at).is_(None),
        )
        .correlate(ModelVersion)
        .lateral("listing")
    )
    statement: Any = sa.select(
        col(ModelVersion.id),
        col(Model.name).label("model"),
        col(ModelVersion.version),
        listing.c.catalogs,
    )
    wrongly: sa.Select[Any] = (
        statement.join_from(ModelVersion, Model, col(Model.id) == ModelVersion.model_id)
        .join(listing, listing.c.catalogs.is_not(None))
        .where(
            col(ModelVersion.status) == VersionStatus.ARCHIVED,
            col(ModelVersion.archive_reason) == ArchiveReason.RETENTION,
        )
        .order_by(col(Model.name), col(ModelVersion.number).desc())
    )
    return wrongly


_QUERY = Query("wrongly archived", _select, {}, is_slow=True)
