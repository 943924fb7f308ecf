"""The circuit breakers of bindings."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from db.tables.columns import TIME, check, enum_column
from domain.traffic_enums import CircuitState


class Circuit(SQLModel, table=True):
    """The circuit of a binding; one without a row is CLOSED.

    `state` is what was stored last: an OPEN circuit is HALF_OPEN from `open_until` on, which no
    write marks (domain/circuits.py). HALF_OPEN is stored while a trial is claimed, until
    `trial_until`. `openings` counts how often it has opened since it was closed last. An operator's
    state holds until `held_until`, which may be infinity; NULL when no operator holds it.
    """

    __tablename__ = "circuits"
    __table_args__ = (
        sa.ForeignKeyConstraint(["binding_id"], ["provider_bindings.id"], ondelete="CASCADE"),
        check("openings_range", "openings >= 0"),
        sa.Index("ix_circuits_open_until", "open_until"),
    )

    binding_id: UUID = Field(primary_key=True)
    state: CircuitState = Field(sa_type=enum_column(CircuitState))
    open_until: datetime | None = Field(default=None, sa_type=TIME)
    trial_until: datetime | None = Field(default=None, sa_type=TIME)
    held_until: datetime | None = Field(default=None, sa_type=TIME)
    reason: str | None = Field(default=None, sa_type=sa.Text)
    openings: int = 0
    changed_at: datetime = Field(sa_type=TIME)
