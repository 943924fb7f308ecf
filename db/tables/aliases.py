"""Aliases and where they pointed before."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db import patterns
from db.columns import SORTED_TEXT, TIME, Row, VersionedRow, check


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


class AliasChange(Row, table=True):
    """One move of an alias; version_id is NULL where it was deleted; it may outlive its version."""

    __tablename__ = "alias_changes"
    __table_args__ = (
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], ondelete="CASCADE"),
        sa.Index("ix_alias_changes_model_id_name_id", "model_id", "name", "id"),
    )

    model_id: UUID
    name: str = Field(sa_type=SORTED_TEXT)
    version_id: UUID | None = None
    at: datetime = Field(
        default=None,
        sa_type=TIME,
        nullable=False,
        sa_column_kwargs={"server_default": sa.func.now()},
    )
    actor: str = Field(sa_type=sa.Text)
