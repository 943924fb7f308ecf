"""Catalogs and what they say, releases of versions, limits of bindings, components of prices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


# Neither the counter behind versions' numbers, which their own events show, nor a generated column.
_AUDIT_CHANGES = """
    CREATE OR REPLACE FUNCTION audit_changes(before jsonb, after jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT coalesce(jsonb_object_agg(key, jsonb_build_array(before -> key, after -> key)), '{{}}')
        FROM jsonb_object_keys(coalesce(after, before)) AS key
        WHERE {condition}
          AND coalesce(before -> key, 'null') <> coalesce(after -> key, 'null')
    )
"""


def upgrade() -> None:
    op.execute(_AUDIT_CHANGES.format(condition="key NOT IN ('last_number', 'release_order')"))
    op.create_table(
        "catalog_values",
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column(
            "columns", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_catalog_values")),
    )
    op.create_table(
        "catalogs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("precedence", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_hash", sa.Text(collation="C"), nullable=True),
        sa.CheckConstraint(
            "file_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_catalogs_file_hash_format")
        ),
        sa.CheckConstraint(
            "name ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name=op.f("ck_catalogs_name_format")
        ),
        sa.CheckConstraint("precedence >= 0", name=op.f("ck_catalogs_precedence_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogs")),
        sa.UniqueConstraint("name", name=op.f("uq_catalogs_name")),
    )
    op.create_table(
        "catalog_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("catalog_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column(
            "said", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delisted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(delisted_at IS NULL) = (last_seen_at IS NULL)",
            name=op.f("ck_catalog_entries_delisted"),
        ),
        sa.ForeignKeyConstraint(
            ["catalog_id"],
            ["catalogs.id"],
            name=op.f("fk_catalog_entries_catalog_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_entries")),
        sa.UniqueConstraint("catalog_id", "key", name=op.f("uq_catalog_entries_catalog_id_key")),
    )
    op.create_index(
        "ix_catalog_entries_binding_id", "catalog_entries", ["binding_id"], unique=False
    )
    op.create_index(
        "ix_catalog_entries_version_id", "catalog_entries", ["version_id"], unique=False
    )
    op.drop_constraint(op.f("ck_audit_events_audit_action"), "audit_events", type_="check")
    op.drop_constraint(op.f("ck_audit_events_entity_kind"), "audit_events", type_="check")
    op.create_check_constraint(
        op.f("ck_audit_events_audit_action"),
        "audit_events",
        "action IN ('CREATED', 'UPDATED', 'DELETED', 'ARCHIVED', 'RESTORED', 'PURGED', 'HELD', 'RELEASED', 'ALIASED', 'ROLLED_BACK', 'PRICED', 'CIRCUIT_OPENED', 'CIRCUIT_CLOSED', 'RETENTION_APPLIED', 'REVOKED', 'LISTED', 'DELISTED', 'WITHDRAWN')",
    )
    op.create_check_constraint(
        op.f("ck_audit_events_entity_kind"),
        "audit_events",
        "kind IN ('MODEL', 'VERSION', 'BINDING', 'PROVIDER', 'PRICE', 'ALIAS', 'TOKEN', 'RETENTION', 'CATALOG')",
    )
    op.add_column("model_versions", sa.Column("released_on", sa.Date(), nullable=True))
    op.add_column(
        "model_versions",
        sa.Column("rolling", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "model_versions",
        sa.Column(
            "release_order",
            sa.BigInteger(),
            sa.Computed(
                "\n    CASE WHEN rolling THEN 2147483647 ELSE\n        coalesce(released_on, (created_at AT TIME ZONE 'UTC')::date) - '2000-01-01'::date\n    END::bigint * 2147483648 + number\n",
                persisted=True,
            ),
            nullable=True,
        ),
    )
    op.alter_column(
        "model_versions",
        "capabilities",
        existing_type=postgresql.ARRAY(sa.TEXT()),
        server_default=None,
        nullable=True,
    )
    op.create_index(
        "ix_model_versions_model_id_status_release_order",
        "model_versions",
        ["model_id", "status", "release_order"],
        unique=False,
    )
    op.add_column(
        "prices", sa.Column("cache_write_per_1k", sa.Numeric(precision=20, scale=10), nullable=True)
    )
    op.add_column(
        "prices",
        sa.Column(
            "components",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
    )
    op.create_check_constraint(
        op.f("ck_prices_cache_write_per_1k_range"), "prices", "cache_write_per_1k >= 0"
    )
    op.add_column("provider_bindings", sa.Column("context_window", sa.Integer(), nullable=True))
    op.add_column("provider_bindings", sa.Column("max_output_tokens", sa.Integer(), nullable=True))
    op.add_column(
        "provider_bindings", sa.Column("capabilities", postgresql.ARRAY(sa.Text()), nullable=True)
    )
    op.add_column(
        "provider_bindings", sa.Column("requests_per_minute", sa.Integer(), nullable=True)
    )
    op.add_column("provider_bindings", sa.Column("tokens_per_minute", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_provider_bindings_capabilities"),
        "provider_bindings",
        "capabilities <@ ARRAY['TOOLS', 'PARALLEL_TOOLS', 'JSON_SCHEMA', 'VISION', 'PDF_INPUT', 'AUDIO_INPUT', 'AUDIO_OUTPUT', 'REASONING', 'PROMPT_CACHING', 'WEB_SEARCH', 'COMPUTER_USE', 'STREAMING']",
    )
    op.create_check_constraint(
        op.f("ck_provider_bindings_context_window_range"), "provider_bindings", "context_window > 0"
    )
    op.create_check_constraint(
        op.f("ck_provider_bindings_max_output_tokens_range"),
        "provider_bindings",
        "max_output_tokens > 0",
    )
    op.create_check_constraint(
        op.f("ck_provider_bindings_requests_per_minute_range"),
        "provider_bindings",
        "requests_per_minute > 0",
    )
    op.create_check_constraint(
        op.f("ck_provider_bindings_tokens_per_minute_range"),
        "provider_bindings",
        "tokens_per_minute > 0",
    )


def downgrade() -> None:
    op.execute(_AUDIT_CHANGES.format(condition="key <> 'last_number'"))
    op.drop_constraint(
        op.f("ck_provider_bindings_tokens_per_minute_range"), "provider_bindings", type_="check"
    )
    op.drop_constraint(
        op.f("ck_provider_bindings_requests_per_minute_range"), "provider_bindings", type_="check"
    )
    op.drop_constraint(
        op.f("ck_provider_bindings_max_output_tokens_range"), "provider_bindings", type_="check"
    )
    op.drop_constraint(
        op.f("ck_provider_bindings_context_window_range"), "provider_bindings", type_="check"
    )
    op.drop_constraint(
        op.f("ck_provider_bindings_capabilities"), "provider_bindings", type_="check"
    )
    op.drop_column("provider_bindings", "tokens_per_minute")
    op.drop_column("provider_bindings", "requests_per_minute")
    op.drop_column("provider_bindings", "capabilities")
    op.drop_column("provider_bindings", "max_output_tokens")
    op.drop_column("provider_bindings", "context_window")
    op.drop_constraint(op.f("ck_prices_cache_write_per_1k_range"), "prices", type_="check")
    op.drop_column("prices", "components")
    op.drop_column("prices", "cache_write_per_1k")
    op.drop_index("ix_model_versions_model_id_status_release_order", table_name="model_versions")
    op.alter_column(
        "model_versions",
        "capabilities",
        existing_type=postgresql.ARRAY(sa.TEXT()),
        server_default=sa.text("'{}'::text[]"),
        nullable=False,
    )
    op.drop_column("model_versions", "release_order")
    op.drop_column("model_versions", "rolling")
    op.drop_column("model_versions", "released_on")
    op.drop_constraint(op.f("ck_audit_events_entity_kind"), "audit_events", type_="check")
    op.drop_constraint(op.f("ck_audit_events_audit_action"), "audit_events", type_="check")
    op.create_check_constraint(
        op.f("ck_audit_events_entity_kind"),
        "audit_events",
        "kind IN ('MODEL', 'VERSION', 'BINDING', 'PROVIDER', 'PRICE', 'ALIAS', 'TOKEN', 'RETENTION')",
    )
    op.create_check_constraint(
        op.f("ck_audit_events_audit_action"),
        "audit_events",
        "action IN ('CREATED', 'UPDATED', 'DELETED', 'ARCHIVED', 'RESTORED', 'PURGED', 'HELD', 'RELEASED', 'ALIASED', 'ROLLED_BACK', 'PRICED', 'CIRCUIT_OPENED', 'CIRCUIT_CLOSED', 'RETENTION_APPLIED', 'REVOKED')",
    )
    op.drop_index("ix_catalog_entries_version_id", table_name="catalog_entries")
    op.drop_index("ix_catalog_entries_binding_id", table_name="catalog_entries")
    op.drop_table("catalog_entries")
    op.drop_table("catalogs")
    op.drop_table("catalog_values")
