"""Outcomes of calls, per minute and per hour; health and circuits of bindings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

PARTITIONS = {"outcome_minutes": 4, "outcome_hours": 16}


def upgrade() -> None:
    op.create_table(
        "outcome_hours",
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slot", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("success", sa.BigInteger(), nullable=False),
        sa.Column("rate_limited", sa.BigInteger(), nullable=False),
        sa.Column("timeout", sa.BigInteger(), nullable=False),
        sa.Column("upstream_error", sa.BigInteger(), nullable=False),
        sa.Column("overloaded", sa.BigInteger(), nullable=False),
        sa.Column("auth", sa.BigInteger(), nullable=False),
        sa.Column("not_found", sa.BigInteger(), nullable=False),
        sa.Column("client_error", sa.BigInteger(), nullable=False),
        sa.Column("content_filter", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.BigInteger(), nullable=False),
        sa.Column("latency", sa.LargeBinary(), nullable=False),
        sa.Column("latency_ms_sum", sa.Float(), nullable=False),
        sa.Column("ttft", sa.LargeBinary(), nullable=False),
        sa.Column("ttft_ms_sum", sa.Float(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_usd", sa.Numeric(), nullable=True),
        sa.CheckConstraint("slot BETWEEN 0 AND 15", name=op.f("ck_outcome_hours_slot_range")),
        sa.PrimaryKeyConstraint("binding_id", "starts_at", "slot", name=op.f("pk_outcome_hours")),
        postgresql_partition_by="LIST (slot)",
    )
    op.create_table(
        "outcome_minutes",
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slot", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("success", sa.BigInteger(), nullable=False),
        sa.Column("rate_limited", sa.BigInteger(), nullable=False),
        sa.Column("timeout", sa.BigInteger(), nullable=False),
        sa.Column("upstream_error", sa.BigInteger(), nullable=False),
        sa.Column("overloaded", sa.BigInteger(), nullable=False),
        sa.Column("auth", sa.BigInteger(), nullable=False),
        sa.Column("not_found", sa.BigInteger(), nullable=False),
        sa.Column("client_error", sa.BigInteger(), nullable=False),
        sa.Column("content_filter", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.BigInteger(), nullable=False),
        sa.Column("latency", sa.LargeBinary(), nullable=False),
        sa.Column("latency_ms_sum", sa.Float(), nullable=False),
        sa.Column("ttft", sa.LargeBinary(), nullable=False),
        sa.Column("ttft_ms_sum", sa.Float(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_usd", sa.Numeric(), nullable=True),
        sa.CheckConstraint("slot BETWEEN 0 AND 3", name=op.f("ck_outcome_minutes_slot_range")),
        sa.PrimaryKeyConstraint("binding_id", "starts_at", "slot", name=op.f("pk_outcome_minutes")),
        postgresql_partition_by="LIST (slot)",
    )
    for table, slots in PARTITIONS.items():
        for slot in range(slots):
            op.execute(f"CREATE TABLE {table}_{slot} PARTITION OF {table} FOR VALUES IN ({slot})")
    op.create_table(
        "binding_health",
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("rate_limited", sa.BigInteger(), nullable=False),
        sa.Column("latency", sa.LargeBinary(), nullable=False),
        sa.Column("ttft", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "UNKNOWN",
                "HEALTHY",
                "DEGRADED",
                "UNHEALTHY",
                name="health_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("success_rate", sa.Float(), nullable=True),
        sa.Column("rate_limited_share", sa.Float(), nullable=True),
        sa.Column("latency_ms_p50", sa.Float(), nullable=True),
        sa.Column("latency_ms_p95", sa.Float(), nullable=True),
        sa.Column("latency_ms_p99", sa.Float(), nullable=True),
        sa.Column("ttft_ms_p50", sa.Float(), nullable=True),
        sa.Column("last_outcome_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.Column(
            "recent", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["binding_id"],
            ["provider_bindings.id"],
            name=op.f("fk_binding_health_binding_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("binding_id", name=op.f("pk_binding_health")),
    )
    op.create_table(
        "circuits",
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "CLOSED",
                "OPEN",
                "HALF_OPEN",
                name="circuit_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trial_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("openings >= 0", name=op.f("ck_circuits_openings_range")),
        sa.ForeignKeyConstraint(
            ["binding_id"],
            ["provider_bindings.id"],
            name=op.f("fk_circuits_binding_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("binding_id", name=op.f("pk_circuits")),
    )
    op.create_index("ix_circuits_open_until", "circuits", ["open_until"], unique=False)
    op.drop_constraint(op.f("ck_audit_events_audit_action"), "audit_events", type_="check")
    op.create_check_constraint(
        op.f("ck_audit_events_audit_action"),
        "audit_events",
        "action IN ('CREATED', 'UPDATED', 'DELETED', 'ARCHIVED', 'RESTORED', 'PURGED', 'HELD', 'RELEASED', 'ALIASED', 'ROLLED_BACK', 'PRICED', 'CIRCUIT_OPENED', 'CIRCUIT_HALF_OPENED', 'CIRCUIT_CLOSED', 'RETENTION_APPLIED', 'REVOKED', 'LISTED', 'DELISTED', 'WITHDRAWN')",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_audit_events_audit_action"), "audit_events", type_="check")
    op.create_check_constraint(
        op.f("ck_audit_events_audit_action"),
        "audit_events",
        "action IN ('CREATED', 'UPDATED', 'DELETED', 'ARCHIVED', 'RESTORED', 'PURGED', 'HELD', 'RELEASED', 'ALIASED', 'ROLLED_BACK', 'PRICED', 'CIRCUIT_OPENED', 'CIRCUIT_CLOSED', 'RETENTION_APPLIED', 'REVOKED', 'LISTED', 'DELISTED', 'WITHDRAWN')",
    )
    op.drop_index("ix_circuits_open_until", table_name="circuits")
    op.drop_table("circuits")
    op.drop_table("binding_health")
    op.drop_table("outcome_minutes")
    op.drop_table("outcome_hours")
