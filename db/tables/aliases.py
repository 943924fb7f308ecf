"""Aliases."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import SORTED_TEXT, VersionedRow, check
from domain import ids, patterns


class ModelAlias(VersionedRow, table=True):
    """A name such as production that points at one version of its model."""

    __tablename__ = "model_aliases"
    __table_args__ = (
        sa.UniqueConstraint("model_id", "name"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["version_id", "model_id"],
            ["model_versions.id", "model_versions.model_id"],
            ondelete="CASCADE",
        ),
        check("name_format", f"name ~ '{patterns.ALIAS}' AND name <> 'latest'"),
        sa.Index("ix_model_aliases_version_id", "version_id"),
        sa.Index("ix_model_aliases_name", "name"),
    )

    model_id: UUID
    name: str = Field(sa_type=SORTED_TEXT)
    version_id: UUID

    @property
    def node_id(self) -> str:
        """The id that clients see."""
        return ids.encode(ids.ALIAS, self.id)
