"""The audit log and the triggers that write it; existing rows get their first event."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


# Each audited table: its kind, and the columns with the subject's id, its name and its model's id.
# The order is that of their foreign keys, so that the log can be replayed from the start.
AUDITED = {
    "providers": ("PROVIDER", "id", "slug", ""),
    "models": ("MODEL", "id", "name", "id"),
    "model_versions": ("VERSION", "id", "version", "model_id"),
    "provider_bindings": ("BINDING", "id", "provider_model_id", "model_id"),
    "prices": ("PRICE", "binding_id", "effective_from", ""),
    "model_aliases": ("ALIAS", "model_id", "name", "model_id"),
}
FUNCTIONS = (
    "audit_is_append_only()",
    "audit_sees_no_truncate()",
    "audit_seal()",
    "audit_note()",
    "audit_pending_row(text, text[], jsonb, jsonb)",
    "audit_action(text, jsonb, jsonb)",
    "audit_changes(jsonb, jsonb)",
)


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column(
            "action",
            sa.Enum(
                "CREATED",
                "UPDATED",
                "DELETED",
                "ARCHIVED",
                "RESTORED",
                "PURGED",
                "HELD",
                "RELEASED",
                "ALIASED",
                "ROLLED_BACK",
                "PRICED",
                "CIRCUIT_OPENED",
                "CIRCUIT_CLOSED",
                "RETENTION_APPLIED",
                "REVOKED",
                name="audit_action",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "MODEL",
                "VERSION",
                "BINDING",
                "PROVIDER",
                "PRICE",
                "ALIAS",
                "TOKEN",
                "RETENTION",
                name="entity_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_name", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=True),
        sa.Column(
            "changes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
        sa.UniqueConstraint("sequence", name=op.f("uq_audit_events_sequence")),
    )
    op.create_index(
        "ix_audit_events_actor_sequence", "audit_events", ["actor", "sequence"], unique=False
    )
    op.create_index(
        "ix_audit_events_alias",
        "audit_events",
        ["model_id", "subject_name", "sequence"],
        unique=False,
        postgresql_where=sa.text("kind = 'ALIAS'"),
    )
    op.create_index("ix_audit_events_at", "audit_events", ["at"], unique=False)
    op.create_index(
        "ix_audit_events_kind_action_sequence",
        "audit_events",
        ["kind", "action", "sequence"],
        unique=False,
    )
    op.create_index(
        "ix_audit_events_model_id_sequence", "audit_events", ["model_id", "sequence"], unique=False
    )
    op.create_index(
        "ix_audit_events_subject_id_sequence",
        "audit_events",
        ["subject_id", "sequence"],
        unique=False,
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column(
            "result_ids", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "length(key) BETWEEN 1 AND 255", name=op.f("ck_idempotency_keys_key_length")
        ),
        sa.PrimaryKeyConstraint("actor", "operation", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        "ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False
    )
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text())
    op.execute("SELECT set_config('registry.actor', 'migration', true)")
    op.execute("SET LOCAL timezone TO 'UTC'")
    for table, (kind, *columns) in AUDITED.items():
        _first_events(table, kind, columns)
        _audit(table, kind, columns)


def _first_events(table: str, kind: str, columns: list[str]) -> None:
    names = "{" + ",".join(column or '""' for column in columns) + "}"
    op.execute(
        "INSERT INTO audit_pending (action, kind, subject_id, subject_name, model_id, changes)"  # noqa: S608  constants above
        f" SELECT note.* FROM {table} t,"
        f" audit_pending_row('{kind}', '{names}', NULL, to_jsonb(t)) note ORDER BY t.id"
    )


def _audit(table: str, kind: str, columns: list[str]) -> None:
    arguments = ", ".join(f"'{argument}'" for argument in (kind, *columns))
    for operation, seen in (
        ("INSERT", "NEW TABLE AS new_rows"),
        ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
        ("DELETE", "OLD TABLE AS old_rows"),
    ):
        op.execute(
            f"CREATE TRIGGER audit_{operation.lower()} AFTER {operation} ON {table}"
            f" REFERENCING {seen} FOR EACH STATEMENT EXECUTE FUNCTION audit_note({arguments})"
        )
    op.execute(
        f"CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_sees_no_truncate()"
    )


def downgrade() -> None:
    for table in AUDITED:
        for operation in ("insert", "update", "delete", "truncate"):
            op.execute(f"DROP TRIGGER audit_{operation} ON {table}")
    op.execute("DROP TABLE audit_pending")
    op.execute("DROP TRIGGER audit_is_append_only ON audit_events")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_audit_events_subject_id_sequence", table_name="audit_events")
    op.drop_index("ix_audit_events_model_id_sequence", table_name="audit_events")
    op.drop_index("ix_audit_events_kind_action_sequence", table_name="audit_events")
    op.drop_index("ix_audit_events_at", table_name="audit_events")
    op.drop_index(
        "ix_audit_events_alias",
        table_name="audit_events",
        postgresql_where=sa.text("kind = 'ALIAS'"),
    )
    op.drop_index("ix_audit_events_actor_sequence", table_name="audit_events")
    op.drop_table("audit_events")
