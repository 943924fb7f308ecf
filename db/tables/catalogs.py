"""Catalogs, what they list, and what they said when they were last imported."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import SORTED_TEXT, TIME, Row, Table, VersionedRow, check, json
from domain import ids, patterns


class Catalog(VersionedRow, table=True):
    """A list of models that others maintain, and its last import."""

    __tablename__ = "catalogs"
    __table_args__ = (
        sa.UniqueConstraint("name"),
        check("name_format", f"name ~ '{patterns.SLUG}'"),
        check("precedence_range", "precedence >= 0"),
        check("file_hash_format", f"file_hash ~ '{patterns.SHA256}'"),
    )

    name: str = Field(sa_type=SORTED_TEXT)
    precedence: int = 100  # of two catalogs that disagree, the one with the lower number is right
    url: str | None = Field(default=None, sa_type=sa.Text)
    imported_at: datetime | None = Field(default=None, sa_type=TIME)
    file_hash: str | None = Field(default=None, sa_type=SORTED_TEXT)  # SHA-256 of the last import

    @property
    def node_id(self) -> str:
        """The id that clients see."""
        return ids.encode(ids.CATALOG, self.id)


class CatalogEntry(Row, table=True):
    """What a catalog says of one binding.

    `key` names the entry in its catalog, and never changes. `binding_id` and `version_id` are no
    foreign keys, so an entry outlives them:
    - A binding that somebody deleted: the next import finds no row, and leaves it deleted.
    - A version in cold storage: its bindings come back under the same ids when it is restored.
    - A version that was purged, or a model that was deleted, with all bindings.

    While the catalog lists the entry, `delisted_at` and `last_seen_at` are None: it was last seen
    at the catalog's last import. `said` has the format of catalogs/entry.py.
    """

    __tablename__ = "catalog_entries"
    __table_args__ = (
        sa.ForeignKeyConstraint(["catalog_id"], ["catalogs.id"]),
        sa.UniqueConstraint("catalog_id", "key"),
        check("delisted", "(delisted_at IS NULL) = (last_seen_at IS NULL)"),
        sa.Index("ix_catalog_entries_binding_id", "binding_id"),
        sa.Index("ix_catalog_entries_version_id", "version_id"),
    )

    catalog_id: UUID
    key: str = Field(sa_type=SORTED_TEXT)
    binding_id: UUID
    version_id: UUID
    said: dict[str, Any] = Field(sa_type=json(), nullable=False)
    first_seen_at: datetime = Field(sa_type=TIME, nullable=False)
    last_seen_at: datetime | None = Field(default=None, sa_type=TIME)
    delisted_at: datetime | None = Field(default=None, sa_type=TIME)

    @property
    def node_id(self) -> str:
        """The id that clients see."""
        return ids.encode(ids.ENTRY, self.id)


class CatalogValues(Table, table=True):
    """What all catalogs together said of a row when it was last merged: the base of a merge.

    `row_id` is the id of a provider, model, version or binding. A column that differs from this
    value was edited by somebody.
    """

    __tablename__ = "catalog_values"

    row_id: UUID = Field(primary_key=True)
    columns: dict[str, Any] = Field(sa_type=json(), nullable=False)
