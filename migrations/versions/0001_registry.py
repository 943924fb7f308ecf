"""The first tables: models, versions, providers, bindings, prices, aliases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# What pg_trgm does, without the extension: the embedded PostgreSQL has none, and not every hosted
# one allows it. An index on it answers "contains" for needles of three characters and more.
TRIGRAMS = """
CREATE FUNCTION trigrams(text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT coalesce(array_agg(DISTINCT substr(lower($1 COLLATE "C"), i, 3)), '{}')
    FROM generate_series(1, length($1) - 2) AS i
)
"""


def upgrade() -> None:
    op.execute(TRIGRAMS)
    op.create_table(
        "models",
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
        sa.Column(
            "task",
            sa.Enum(
                "CHAT",
                "COMPLETION",
                "EMBEDDING",
                "RERANK",
                "CLASSIFICATION",
                "MODERATION",
                "SPEECH_TO_TEXT",
                "TEXT_TO_SPEECH",
                "IMAGE_GENERATION",
                "IMAGE_EDIT",
                "VIDEO_GENERATION",
                "REALTIME",
                "OCR",
                "SEARCH",
                "OTHER",
                name="task_type",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "labels",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("retention_keep", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "name ~ '^[A-Za-z0-9]([A-Za-z0-9._:/@-]{0,198}[A-Za-z0-9])?$'",
            name=op.f("ck_models_name_format"),
        ),
        sa.CheckConstraint(
            "subject ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name=op.f("ck_models_subject_format")
        ),
        sa.CheckConstraint(
            "retention_keep BETWEEN 1 AND 10", name=op.f("ck_models_retention_keep_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("name", name=op.f("uq_models_name")),
    )
    op.create_index("ix_models_created_at_id", "models", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_models_labels",
        "models",
        ["labels"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"labels": "jsonb_path_ops"},
    )
    op.create_index(
        "ix_models_name_trigrams",
        "models",
        [sa.literal_column("trigrams(name)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_models_subject", "models", ["subject"], unique=False)
    op.create_index("ix_models_task", "models", ["task"], unique=False)
    op.create_index("ix_models_updated_at_id", "models", ["updated_at", "id"], unique=False)
    op.create_table(
        "providers",
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
        sa.Column("slug", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "OPENAI",
                "ANTHROPIC",
                "VERTEX_AI",
                "BEDROCK",
                "AZURE",
                "OPENAI_COMPATIBLE",
                "OTHER",
                name="provider_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("api_base", sa.Text(), nullable=True),
        sa.Column("docs_url", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name=op.f("ck_providers_slug_format")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
        sa.UniqueConstraint("slug", name=op.f("uq_providers_slug")),
    )
    op.create_index("ix_providers_kind", "providers", ["kind"], unique=False)
    op.create_index(
        "ix_providers_name_trigrams",
        "providers",
        [sa.literal_column("trigrams(name)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "registry_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_registry_state_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_state")),
    )
    op.create_table(
        "model_versions",
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
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("semver_key", sa.Text(collation="C"), nullable=False),
        sa.Column("content_hash", sa.Text(collation="C"), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "ACTIVE",
                "DEPRECATED",
                "ARCHIVED",
                name="version_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("eval_score", sa.Float(), nullable=True),
        sa.Column("cost_per_1k", sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column("slo_latency_ms", sa.Integer(), nullable=True),
        sa.Column("slo_success_rate", sa.Float(), nullable=True),
        sa.Column("context_window", sa.Integer(), nullable=True),
        sa.Column("max_output_tokens", sa.Integer(), nullable=True),
        sa.Column("capabilities", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("artifact_url", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column(
            "metadata", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("deprecated_on", sa.Date(), nullable=True),
        sa.Column("sunset_on", sa.Date(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "archive_reason",
            sa.Enum(
                "RETENTION",
                "MANUAL",
                name="archive_reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("archive_uri", sa.Text(), nullable=True),
        sa.Column("archive_hash", sa.Text(), nullable=True),
        sa.Column("archive_size_bytes", sa.BigInteger(), nullable=True),
        sa.Column(
            "status_before_archive",
            sa.Enum(
                "DRAFT",
                "ACTIVE",
                "DEPRECATED",
                "ARCHIVED",
                name="status_before_archive",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("hold_actor", sa.Text(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'ARCHIVED') = (archived_at IS NOT NULL)",
            name=op.f("ck_model_versions_archived"),
        ),
        sa.CheckConstraint(
            "capabilities <@ ARRAY['TOOLS', 'PARALLEL_TOOLS', 'JSON_SCHEMA', 'VISION', 'PDF_INPUT', 'AUDIO_INPUT', 'AUDIO_OUTPUT', 'REASONING', 'PROMPT_CACHING', 'WEB_SEARCH', 'COMPUTER_USE', 'STREAMING']",
            name=op.f("ck_model_versions_capabilities"),
        ),
        sa.CheckConstraint(
            "content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_model_versions_content_hash_format")
        ),
        sa.CheckConstraint(
            "region ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name=op.f("ck_model_versions_region_format")
        ),
        sa.CheckConstraint(
            "context_window > 0", name=op.f("ck_model_versions_context_window_range")
        ),
        sa.CheckConstraint("cost_per_1k >= 0", name=op.f("ck_model_versions_cost_per_1k_range")),
        sa.CheckConstraint(
            "deprecated_on <= sunset_on", name=op.f("ck_model_versions_sunset_after_deprecation")
        ),
        sa.CheckConstraint(
            "eval_score BETWEEN 0 AND 1", name=op.f("ck_model_versions_eval_score_range")
        ),
        sa.CheckConstraint(
            "max_output_tokens > 0", name=op.f("ck_model_versions_max_output_tokens_range")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_model_versions_number_range")),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_model_versions_size_bytes_range")),
        sa.CheckConstraint(
            "slo_latency_ms > 0", name=op.f("ck_model_versions_slo_latency_ms_range")
        ),
        sa.CheckConstraint(
            "slo_success_rate BETWEEN 0 AND 1",
            name=op.f("ck_model_versions_slo_success_rate_range"),
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["models.id"], name=op.f("fk_model_versions_model_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_versions")),
        sa.UniqueConstraint("id", "model_id", name=op.f("uq_model_versions_id_model_id")),
        sa.UniqueConstraint(
            "model_id", "content_hash", name=op.f("uq_model_versions_model_id_content_hash")
        ),
        sa.UniqueConstraint("model_id", "number", name=op.f("uq_model_versions_model_id_number")),
        sa.UniqueConstraint("model_id", "version", name=op.f("uq_model_versions_model_id_version")),
    )
    op.create_index(
        "ix_model_versions_capabilities",
        "model_versions",
        ["capabilities"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_model_versions_content_hash", "model_versions", ["content_hash"], unique=False
    )
    op.create_index(
        "ix_model_versions_cost_per_1k_asc_id",
        "model_versions",
        [sa.literal_column("coalesce(cost_per_1k, 'Infinity'::numeric)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_model_versions_cost_per_1k_desc_id",
        "model_versions",
        [sa.literal_column("coalesce(cost_per_1k, '-Infinity'::numeric)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_model_versions_created_at_id", "model_versions", ["created_at", "id"], unique=False
    )
    op.create_index(
        "ix_model_versions_eval_score_asc_id",
        "model_versions",
        [sa.literal_column("coalesce(eval_score, 'Infinity'::float8)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_model_versions_eval_score_desc_id",
        "model_versions",
        [sa.literal_column("coalesce(eval_score, '-Infinity'::float8)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_model_versions_model_id_created_at_id",
        "model_versions",
        ["model_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_model_versions_model_id_semver_key_id",
        "model_versions",
        ["model_id", "semver_key", "id"],
        unique=False,
    )
    op.create_index(
        "ix_model_versions_model_id_status_number",
        "model_versions",
        ["model_id", "status", "number"],
        unique=False,
    )
    op.create_index("ix_model_versions_number_id", "model_versions", ["number", "id"], unique=False)
    op.create_index("ix_model_versions_region", "model_versions", ["region"], unique=False)
    op.create_index(
        "ix_model_versions_semver_key_id", "model_versions", ["semver_key", "id"], unique=False
    )
    op.create_index("ix_model_versions_status", "model_versions", ["status"], unique=False)
    op.create_index("ix_model_versions_version", "model_versions", ["version"], unique=False)
    op.create_table(
        "model_aliases",
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
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "name ~ '^[a-z][a-z0-9-]{0,62}$' AND name <> 'latest'",
            name=op.f("ck_model_aliases_name_format"),
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["models.id"], name=op.f("fk_model_aliases_model_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["version_id", "model_id"],
            ["model_versions.id", "model_versions.model_id"],
            name=op.f("fk_model_aliases_version_id_model_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_aliases")),
        sa.UniqueConstraint("model_id", "name", name=op.f("uq_model_aliases_model_id_name")),
    )
    op.create_index("ix_model_aliases_name", "model_aliases", ["name"], unique=False)
    op.create_index("ix_model_aliases_version_id", "model_aliases", ["version_id"], unique=False)
    op.create_table(
        "provider_bindings",
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
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("provider_model_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("endpoint", sa.Text(), nullable=True),
        sa.Column(
            "config", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("credential_ref", sa.Text(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "PENDING",
                "ACTIVE",
                "DRAINING",
                "DISABLED",
                name="binding_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("sunset_on", sa.Date(), nullable=True),
        sa.Column("success_rate", sa.Float(), nullable=True),
        sa.Column("latency_ms", sa.Float(), nullable=True),
        sa.CheckConstraint(
            "region ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name=op.f("ck_provider_bindings_region_format")
        ),
        sa.CheckConstraint("latency_ms > 0", name=op.f("ck_provider_bindings_latency_ms_range")),
        sa.CheckConstraint("priority >= 0", name=op.f("ck_provider_bindings_priority_range")),
        sa.CheckConstraint(
            "success_rate BETWEEN 0 AND 1", name=op.f("ck_provider_bindings_success_rate_range")
        ),
        sa.CheckConstraint(
            "weight BETWEEN 0 AND 1000", name=op.f("ck_provider_bindings_weight_range")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_provider_bindings_provider_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id", "model_id"],
            ["model_versions.id", "model_versions.model_id"],
            name=op.f("fk_provider_bindings_version_id_model_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_bindings")),
        sa.UniqueConstraint(
            "version_id",
            "provider_id",
            "provider_model_id",
            "region",
            name="uq_provider_bindings_key",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_provider_bindings_created_at_id",
        "provider_bindings",
        ["created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_provider_bindings_latency_ms_asc_id",
        "provider_bindings",
        [sa.literal_column("coalesce(latency_ms, 'Infinity'::float8)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_provider_bindings_latency_ms_desc_id",
        "provider_bindings",
        [sa.literal_column("coalesce(latency_ms, '-Infinity'::float8)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_provider_bindings_model_id_priority_id",
        "provider_bindings",
        ["model_id", "priority", "id"],
        unique=False,
    )
    op.create_index(
        "ix_provider_bindings_priority_id", "provider_bindings", ["priority", "id"], unique=False
    )
    op.create_index(
        "ix_provider_bindings_provider_id_priority_id",
        "provider_bindings",
        ["provider_id", "priority", "id"],
        unique=False,
    )
    op.create_index(
        "ix_provider_bindings_provider_model_id",
        "provider_bindings",
        ["provider_model_id"],
        unique=False,
    )
    op.create_index("ix_provider_bindings_region", "provider_bindings", ["region"], unique=False)
    op.create_index("ix_provider_bindings_status", "provider_bindings", ["status"], unique=False)
    op.create_index(
        "ix_provider_bindings_success_rate_asc_id",
        "provider_bindings",
        [sa.literal_column("coalesce(success_rate, 'Infinity'::float8)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_provider_bindings_success_rate_desc_id",
        "provider_bindings",
        [sa.literal_column("coalesce(success_rate, '-Infinity'::float8)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_provider_bindings_version_id_priority_id",
        "provider_bindings",
        ["version_id", "priority", "id"],
        unique=False,
    )
    op.create_table(
        "prices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("input_per_1k", sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column("output_per_1k", sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column("cache_read_per_1k", sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "cache_read_per_1k >= 0", name=op.f("ck_prices_cache_read_per_1k_range")
        ),
        sa.CheckConstraint("input_per_1k >= 0", name=op.f("ck_prices_input_per_1k_range")),
        sa.CheckConstraint("output_per_1k >= 0", name=op.f("ck_prices_output_per_1k_range")),
        sa.ForeignKeyConstraint(
            ["binding_id"],
            ["provider_bindings.id"],
            name=op.f("fk_prices_binding_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prices")),
        sa.UniqueConstraint(
            "binding_id", "effective_from", name=op.f("uq_prices_binding_id_effective_from")
        ),
    )
    op.create_index("ix_prices_effective_from", "prices", ["effective_from"], unique=False)
    op.create_index(
        "ix_prices_input_per_1k_binding_id", "prices", ["input_per_1k", "binding_id"], unique=False
    )
    op.execute("INSERT INTO registry_state (id, revision) VALUES (1, 0)")


def downgrade() -> None:
    op.drop_index("ix_prices_effective_from", table_name="prices")
    op.drop_index("ix_prices_input_per_1k_binding_id", table_name="prices")
    op.drop_table("prices")
    op.drop_index("ix_provider_bindings_version_id_priority_id", table_name="provider_bindings")
    op.drop_index("ix_provider_bindings_success_rate_desc_id", table_name="provider_bindings")
    op.drop_index("ix_provider_bindings_success_rate_asc_id", table_name="provider_bindings")
    op.drop_index("ix_provider_bindings_status", table_name="provider_bindings")
    op.drop_index("ix_provider_bindings_region", table_name="provider_bindings")
    op.drop_index("ix_provider_bindings_provider_model_id", table_name="provider_bindings")
    op.drop_index("ix_provider_bindings_provider_id_priority_id", table_name="provider_bindings")
    op.drop_index("ix_provider_bindings_priority_id", table_name="provider_bindings")
    op.drop_index("ix_provider_bindings_model_id_priority_id", table_name="provider_bindings")
    op.drop_index("ix_provider_bindings_latency_ms_desc_id", table_name="provider_bindings")
    op.drop_index("ix_provider_bindings_latency_ms_asc_id", table_name="provider_bindings")
    op.drop_index("ix_provider_bindings_created_at_id", table_name="provider_bindings")
    op.drop_table("provider_bindings")
    op.drop_index("ix_model_aliases_version_id", table_name="model_aliases")
    op.drop_index("ix_model_aliases_name", table_name="model_aliases")
    op.drop_table("model_aliases")
    op.drop_index("ix_model_versions_version", table_name="model_versions")
    op.drop_index("ix_model_versions_status", table_name="model_versions")
    op.drop_index("ix_model_versions_semver_key_id", table_name="model_versions")
    op.drop_index("ix_model_versions_region", table_name="model_versions")
    op.drop_index("ix_model_versions_number_id", table_name="model_versions")
    op.drop_index("ix_model_versions_model_id_status_number", table_name="model_versions")
    op.drop_index("ix_model_versions_model_id_semver_key_id", table_name="model_versions")
    op.drop_index("ix_model_versions_model_id_created_at_id", table_name="model_versions")
    op.drop_index("ix_model_versions_eval_score_desc_id", table_name="model_versions")
    op.drop_index("ix_model_versions_eval_score_asc_id", table_name="model_versions")
    op.drop_index("ix_model_versions_created_at_id", table_name="model_versions")
    op.drop_index("ix_model_versions_cost_per_1k_desc_id", table_name="model_versions")
    op.drop_index("ix_model_versions_cost_per_1k_asc_id", table_name="model_versions")
    op.drop_index("ix_model_versions_content_hash", table_name="model_versions")
    op.drop_index(
        "ix_model_versions_capabilities", table_name="model_versions", postgresql_using="gin"
    )
    op.drop_table("model_versions")
    op.drop_table("registry_state")
    op.drop_index("ix_providers_name_trigrams", table_name="providers", postgresql_using="gin")
    op.drop_index("ix_providers_kind", table_name="providers")
    op.drop_table("providers")
    op.drop_index("ix_models_updated_at_id", table_name="models")
    op.drop_index("ix_models_task", table_name="models")
    op.drop_index("ix_models_subject", table_name="models")
    op.drop_index("ix_models_name_trigrams", table_name="models", postgresql_using="gin")
    op.drop_index(
        "ix_models_labels",
        table_name="models",
        postgresql_using="gin",
        postgresql_ops={"labels": "jsonb_path_ops"},
    )
    op.drop_index("ix_models_created_at_id", table_name="models")
    op.drop_table("models")
    op.execute("DROP FUNCTION trigrams(text)")
