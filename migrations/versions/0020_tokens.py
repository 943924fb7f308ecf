"""API tokens, in the audit log but for their secrets."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ROLES = sa.Enum(
    "READER",
    "GATEWAY",
    "EDITOR",
    "ADMIN",
    name="role",
    native_enum=False,
    create_constraint=True,
    length=32,
)


def upgrade() -> None:
    op.add_column(
        "registry_state",
        sa.Column("tokens_revision", sa.BigInteger(), nullable=False, server_default="0"),
    )
    _create_tables()
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    for operation, seen in (
        ("INSERT", "NEW TABLE AS new_rows"),
        ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
        ("DELETE", "OLD TABLE AS old_rows"),
    ):
        op.execute(
            f"CREATE TRIGGER audit_{operation.lower()} AFTER {operation} ON tokens"
            f" REFERENCING {seen} FOR EACH STATEMENT"
            " EXECUTE FUNCTION audit_note('TOKEN', 'id', 'name', '')"
        )
    op.execute(
        "CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON tokens"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_sees_no_truncate()"
    )
    for table in ("tokens", "token_secrets"):
        op.execute(
            f"CREATE TRIGGER count_token_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE"
            f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION count_token_change()"
        )


def _create_tables() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", ROLES, nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("rotated_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("name", name=op.f("uq_tokens_name")),
        sa.UniqueConstraint("prefix", name=op.f("uq_tokens_prefix")),
        sa.CheckConstraint("prefix ~ '^[a-z0-9]{8}$'", name=op.f("ck_tokens_prefix_format")),
    )
    op.create_table(
        "token_secrets",
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_token_secrets")),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["tokens.id"],
            name=op.f("fk_token_secrets_token_id"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "octet_length(secret_hash) = 32", name=op.f("ck_token_secrets_hash_length")
        ),
    )
    op.create_index("ix_token_secrets_token_id", "token_secrets", ["token_id"])
    op.create_table(
        "token_uses",
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("last_used_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_token_uses")),
        sa.ForeignKeyConstraint(
            ["token_id"], ["tokens.id"], name=op.f("fk_token_uses_token_id"), ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("token_uses")
    op.drop_table("token_secrets")
    op.drop_table("tokens")
    op.execute("DROP FUNCTION count_token_change()")
    op.drop_column("registry_state", "tokens_revision")
