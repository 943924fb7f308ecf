"""Runs of retention."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import TIME, Row, check
from domain import ids


class RetentionRun(Row, table=True):
    """One run of retention; its counts increase until `ended_at` is set."""

    __tablename__ = "retention_runs"
    __table_args__ = (
        check("archived_range", "archived >= 0"),
        check("purged_range", "purged >= 0"),
    )

    at: datetime = Field(
        default=None,
        sa_type=TIME,
        nullable=False,
        sa_column_kwargs={"server_default": sa.func.now()},
    )
    actor: str = Field(sa_type=sa.Text)
    model_id: UUID | None = None  # of a run for one model, which may have been deleted since
    archived: int = 0
    purged: int = 0
    ended_at: datetime | None = Field(default=None, sa_type=TIME)

    @property
    def node_id(self) -> str:
        """The id that clients see."""
        return ids.encode(ids.RUN, self.id)
