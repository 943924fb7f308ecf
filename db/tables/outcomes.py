"""Outcomes of calls: per minute, per hour, and each binding's figures of the current window."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import TIME, Table, check, enum_column, json
from domain.periods import HOUR_SLOTS, MINUTE_SLOTS
from domain.traffic_enums import HealthState


class _Totals(Table):
    """What was reported of one binding for one period, which begins at `starts_at`.

    One column per outcome counts calls. `latency` and `ttft` are encoded histograms
    (domain/histograms.py), and the sums are in milliseconds. `cost_usd` is NULL when no report says
    it. There is no foreign key: to delete a binding would else delete some thousand rows, and no
    read finds rows but by their binding.

    The partition's `slot` is a number that comes round (domain/periods.py): what is older than all
    that is kept is dropped by a TRUNCATE of its partition, and no partition ever has to be created.
    """

    binding_id: UUID = Field(primary_key=True)
    starts_at: datetime = Field(primary_key=True, sa_type=TIME)
    slot: int = Field(
        primary_key=True, sa_type=sa.SmallInteger, sa_column_kwargs={"autoincrement": False}
    )
    success: int = Field(default=0, sa_type=sa.BigInteger)
    rate_limited: int = Field(default=0, sa_type=sa.BigInteger)
    timeout: int = Field(default=0, sa_type=sa.BigInteger)
    upstream_error: int = Field(default=0, sa_type=sa.BigInteger)
    overloaded: int = Field(default=0, sa_type=sa.BigInteger)
    auth: int = Field(default=0, sa_type=sa.BigInteger)
    not_found: int = Field(default=0, sa_type=sa.BigInteger)
    client_error: int = Field(default=0, sa_type=sa.BigInteger)
    content_filter: int = Field(default=0, sa_type=sa.BigInteger)
    cancelled: int = Field(default=0, sa_type=sa.BigInteger)
    latency: bytes = b""
    latency_ms_sum: float = 0
    ttft: bytes = b""
    ttft_ms_sum: float = 0
    input_tokens: int = Field(default=0, sa_type=sa.BigInteger)
    output_tokens: int = Field(default=0, sa_type=sa.BigInteger)
    cost_usd: Decimal | None = Field(default=None, sa_type=sa.Numeric)


class OutcomeMinute(_Totals, table=True):
    """A minute of the last 48 hours; `slot` is the day's number modulo MINUTE_SLOTS."""

    __tablename__ = "outcome_minutes"
    __table_args__ = (
        check("slot_range", f"slot BETWEEN 0 AND {MINUTE_SLOTS - 1}"),
        {"postgresql_partition_by": "LIST (slot)"},
    )


class OutcomeHour(_Totals, table=True):
    """An hour of the last 90 days; `slot` is the week's number modulo HOUR_SLOTS."""

    __tablename__ = "outcome_hours"
    __table_args__ = (
        check("slot_range", f"slot BETWEEN 0 AND {HOUR_SLOTS - 1}"),
        {"postgresql_partition_by": "LIST (slot)"},
    )


class ReporterMinute(Table, table=True):
    """What a named reporter has reported of one minute, so that none of it is counted again.

    `reported` has the outcomes of each binding (db/writes/reporters.py). The rows are deleted when
    they are older than all that can be reported.
    """

    __tablename__ = "reporter_minutes"

    starts_at: datetime = Field(primary_key=True, sa_type=TIME)  # first, to delete by it
    actor: str = Field(primary_key=True, sa_type=sa.Text)
    reporter: str = Field(primary_key=True, sa_type=sa.Text)
    reported: bytes = b""


class BindingHealth(Table, table=True):
    """A binding's figures over the last window, as of its last report.

    A report locks the row first, so that all that belongs to a binding is counted once. The totals
    are those of the minutes from `window_start` on, to which a report adds; the first report after
    the window has moved reads the minutes again. The figures are computed from the totals; they are
    NULL when unknown, and hold until `known_until`, when the last outcome is as old as the window.
    `recent` has the calls of the last minute, for the circuit (domain/circuits.py).
    """

    __tablename__ = "binding_health"
    __table_args__ = (
        sa.ForeignKeyConstraint(["binding_id"], ["provider_bindings.id"], ondelete="CASCADE"),
    )

    binding_id: UUID = Field(primary_key=True)
    window_start: datetime = Field(sa_type=TIME)
    succeeded: int = Field(default=0, sa_type=sa.BigInteger)
    failed: int = Field(default=0, sa_type=sa.BigInteger)
    rate_limited: int = Field(default=0, sa_type=sa.BigInteger)
    latency: bytes = b""
    ttft: bytes = b""
    state: HealthState = Field(sa_type=enum_column(HealthState))
    success_rate: float | None = None
    rate_limited_share: float | None = None
    latency_ms_p50: float | None = None
    latency_ms_p95: float | None = None
    latency_ms_p99: float | None = None
    ttft_ms_p50: float | None = None
    last_outcome_at: datetime | None = Field(default=None, sa_type=TIME)
    known_until: datetime | None = Field(default=None, sa_type=TIME)
    consecutive_failures: int = 0
    recent: list[Any] = Field(default_factory=list, sa_type=json(), nullable=False)
