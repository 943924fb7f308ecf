"""Catalogs, their entries and what is noted of their imports, in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, labelled
from db.reads.catalog_differences import has_differences
from db.reads.derived import map_rows
from db.reads.keys import plain
from db.reads.keyset import Listing, Relation, among
from db.reads.lookup import row_by_column
from db.tables import Catalog, CatalogEntry
from domain import ids


class SeenEntry:
    """An entry, and when its catalog listed it last: while it is listed, at the last import."""

    PROPERTIES: ClassVar[Mapping[str, tuple[str, ...]]] = {"node_id": ("id",)}

    id: UUID
    catalog_id: UUID
    key: str
    binding_id: UUID
    first_seen_at: datetime
    last_seen_at: datetime
    delisted_at: datetime | None

    @property
    def node_id(self) -> str:
        """The id that clients see."""
        return ids.encode(ids.ENTRY, self.id)


def _select_seen() -> sa.Select[Any]:
    imported_at = (
        sa.select(col(Catalog.imported_at))
        .where(col(Catalog.id) == CatalogEntry.catalog_id)
        .correlate(CatalogEntry)
        .scalar_subquery()
    )
    last_seen_at = sa.func.coalesce(
        col(CatalogEntry.last_seen_at), imported_at, col(CatalogEntry.first_seen_at)
    )
    stored = ("id", "catalog_id", "key", "binding_id", "first_seen_at", "delisted_at")
    return sa.select(*labelled(CatalogEntry, stored), last_seen_at.label("last_seen_at"))


_ENTRIES: Any = map_rows(SeenEntry, _select_seen())


def _of_catalogs(names: Sequence[str]) -> sa.ColumnElement[bool]:
    catalogs = sa.select(col(Catalog.id)).where(among(col(Catalog.name), names))
    return col(_ENTRIES.catalog_id).in_(catalogs)


def _delisted(is_expected: bool) -> sa.ColumnElement[bool]:
    delisted_at = col(_ENTRIES.delisted_at)
    return delisted_at.is_not(None) if is_expected else delisted_at.is_(None)


LISTING = Listing(table=Catalog, conditions={}, keys={"NAME": plain(col(Catalog.name))})
ENTRIES = Listing(
    table=_ENTRIES,
    conditions={
        "catalogs": _of_catalogs,
        "delisted": _delisted,
        "differs": lambda is_expected: has_differences(col(_ENTRIES.id), is_expected),
    },
    keys={"KEY": plain(col(_ENTRIES.key))},
)
OF_CATALOGS = Relation(ENTRIES, "catalog_id")

by_ids = partial(row_by_column, Catalog, "id")
by_names = partial(row_by_column, Catalog, "name")
entries_by_ids = partial(row_by_column, _ENTRIES, "id")


async def entries_of_bindings(
    source: Source, binding_ids: Sequence[UUID]
) -> dict[UUID, list[SeenEntry]]:
    """Each binding's entries: of the catalog with the lowest precedence first, then by key."""
    return dict(await reader.rows_by_key(source, _OF_BINDINGS, binding_ids))


async def listed_bindings(source: Source, binding_ids: Sequence[UUID]) -> set[UUID]:
    """The bindings among the ids that a catalog lists now."""
    return set(await reader.row_by_key(source, _LISTED, binding_ids))


async def entry_counts(source: Source, catalog_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """How many entries each catalog lists, and how many it listed once; (0, 0) without entries."""
    row_of = await reader.row_by_key(source, _COUNTS, catalog_ids)
    return {
        key: (row_of[key].listed, row_of[key].delisted) if key in row_of else (0, 0)
        for key in catalog_ids
    }


def _select_of_bindings() -> sa.Select[Any]:
    binding_id = col(_ENTRIES.binding_id)
    statement: sa.Select[Any] = sa.select(*labelled(_ENTRIES), binding_id.label("parent"))
    return (
        statement.join_from(_ENTRIES, Catalog, col(Catalog.id) == _ENTRIES.catalog_id)
        .where(among(binding_id, sa.bindparam("keys")))
        .order_by(col(Catalog.precedence), col(Catalog.name), col(_ENTRIES.key))
    )


def _select_listed() -> sa.Select[Any]:
    key = col(CatalogEntry.binding_id)
    statement: sa.Select[Any] = sa.select(key.label("parent")).distinct()
    return statement.where(
        among(key, sa.bindparam("keys")), col(CatalogEntry.delisted_at).is_(None)
    )


def _select_counts() -> sa.Select[Any]:
    key, delisted = col(CatalogEntry.catalog_id), sa.func.count(col(CatalogEntry.delisted_at))
    statement: Any = sa.select(
        key.label("parent"),
        (sa.func.count() - delisted).label("listed"),
        delisted.label("delisted"),
    )
    counted: sa.Select[Any] = statement.where(among(key, sa.bindparam("keys"))).group_by(key)
    return counted


_OF_BINDINGS = Query("entries of bindings", _select_of_bindings, {}, SeenEntry)
_LISTED = Query("listed bindings", _select_listed, {})
_COUNTS = Query("entry counts", _select_counts, {}, is_slow=True)


# Earlier releases noted both times of one run by two readings of the clock.
_SAME = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class CatalogImport:
    """The last import of a catalog, and the figures of the last one that succeeded.

    A figure is None where no import has succeeded, or where the release that ran it noted none.
    """

    ended_at: datetime
    succeeded: bool
    succeeded_at: datetime | None
    seconds: float
    entries: int | None
    created: int | None
    changed: int | None
    delisted: int | None
    relisted: int | None
    conflicts: int | None
    skipped: int | None


_FIGURES = ("entries", "created", "changed", "delisted", "relisted", "conflicts", "skipped")


def import_of_runs(row: Mapping[str, Any] | None) -> CatalogImport | None:
    """The last import by a row of work_runs, as JSON; None where there is none."""
    if row is None:
        return None
    ended_at = datetime.fromisoformat(row["last_ended_at"])
    at = row["last_succeeded_at"]
    succeeded_at = None if at is None else datetime.fromisoformat(at)
    return CatalogImport(
        ended_at=ended_at,
        succeeded=succeeded_at is not None and abs(ended_at - succeeded_at) < _SAME,
        succeeded_at=succeeded_at,
        seconds=row["last_seconds"],
        **{name: row["figures"].get(name) for name in _FIGURES},
    )
