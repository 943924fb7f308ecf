"""Runs of jobs and imports, in figures."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import TIME, Table, json


class WorkRuns(Table, table=True):
    """How often a job (`kind` is `job`) or the import of a catalog (`import`) ran, in all.

    `seconds` is the time of all runs. `figures` are numbers of the last run that succeeded, such as
    its conflicts. A row is updated in a statement of its own when a run has ended; no trigger sees
    it, so it changes no revision.
    """

    __tablename__ = "work_runs"

    kind: str = Field(primary_key=True, sa_type=sa.Text)
    name: str = Field(primary_key=True, sa_type=sa.Text)
    succeeded: int = Field(default=0, sa_type=sa.BigInteger)
    failed: int = Field(default=0, sa_type=sa.BigInteger)
    seconds: float = 0
    last_seconds: float = 0
    last_ended_at: datetime = Field(sa_type=TIME, nullable=False)
    last_succeeded_at: datetime | None = Field(default=None, sa_type=TIME)
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=json(), nullable=False)
