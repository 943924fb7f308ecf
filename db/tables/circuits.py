"""The circuit breakers of bindings."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import TIME, Table, check, enum_column
from domain.traffic_enums import CircuitState


class Circuit(Table, table=True):
    """The circuit of a binding; one without a row is CLOSED.

    `state` is what was stored last: an OPEN circuit is HALF_OPEN from `open_until` on, which no
    write marks (domain/circuits.py). HALF_OPEN is stored while a trial is claimed, until
    `trial_until`. `openings` counts how often it has opened since it was closed last. An operator's
    state holds until `held_until`; an OPEN circuit without `open_until` stays OPEN until an
    operator closes it. Triggers note each change as an event of the binding. Who changes a row
    locks the binding's row of `binding_health` before (db/writes/circuits.py).
    """

    __tablename__ = "circuits"
    __table_args__ = (
        sa.ForeignKeyConstraint(["binding_id"], ["provider_bindings.id"], ondelete="CASCADE"),
        check("openings_range", "openings >= 0"),
        check(
            "times_finite",
            "isfinite(open_until) AND isfinite(trial_until) AND isfinite(held_until)",
        ),
        check("trial_half_open", "trial_until IS NULL OR state = 'HALF_OPEN'"),
        check("open_until_not_closed", "open_until IS NULL OR state <> 'CLOSED'"),
        # the next time at which a circuit changes by the clock; see db/reads/data_version.py
        sa.Index("ix_circuits_open_until", "open_until"),
        sa.Index("ix_circuits_trial_until", "trial_until"),
        sa.Index("ix_circuits_held_until", "held_until"),
    )

    binding_id: UUID = Field(primary_key=True)
    state: CircuitState = Field(sa_type=enum_column(CircuitState))
    open_until: datetime | None = Field(default=None, sa_type=TIME)
    trial_until: datetime | None = Field(default=None, sa_type=TIME)
    held_until: datetime | None = Field(default=None, sa_type=TIME)
    reason: str | None = Field(default=None, sa_type=sa.Text)
    openings: int = 0
    changed_at: datetime = Field(sa_type=TIME)
