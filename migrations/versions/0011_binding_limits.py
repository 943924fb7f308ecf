"""Indexes of the filters and of the order by sunset and deprecation."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_model_versions_deprecated_on",
        "model_versions",
        ["deprecated_on"],
        unique=False,
        postgresql_where=sa.text("deprecated_on IS NOT NULL"),
    )
    op.create_index(
        "ix_model_versions_sunset_on",
        "model_versions",
        ["sunset_on"],
        unique=False,
        postgresql_where=sa.text("sunset_on IS NOT NULL"),
    )
    op.create_index(
        "ix_provider_bindings_sunset_on_asc_id",
        "provider_bindings",
        [sa.literal_column("coalesce((sunset_on - '2000-01-01'::date), 'Infinity'::float8)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_provider_bindings_sunset_on_desc_id",
        "provider_bindings",
        [
            sa.literal_column("coalesce((sunset_on - '2000-01-01'::date), '-Infinity'::float8)"),
            "id",
        ],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_provider_bindings_sunset_on_desc_id", table_name="provider_bindings")
    op.drop_index("ix_provider_bindings_sunset_on_asc_id", table_name="provider_bindings")
    op.drop_index(
        "ix_model_versions_sunset_on",
        table_name="model_versions",
        postgresql_where=sa.text("sunset_on IS NOT NULL"),
    )
    op.drop_index(
        "ix_model_versions_deprecated_on",
        table_name="model_versions",
        postgresql_where=sa.text("deprecated_on IS NOT NULL"),
    )
