"""The order of versions by release, and unknown capabilities of versions."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

# An import wrote an empty list for a version of which its catalog said nothing.
UNKNOWN_CAPABILITIES = """
    UPDATE model_versions v
    SET capabilities = NULL, revision = v.revision + 1, updated_at = now()
    WHERE v.capabilities = '{}'
      AND (
        v.listed_in IS NOT NULL
        OR EXISTS (
            SELECT FROM audit_events e
            WHERE e.kind = 'VERSION' AND e.subject_id = v.id AND e.actor LIKE 'import:%'
        )
      )
      AND NOT EXISTS (
        SELECT FROM audit_events e
        WHERE e.kind = 'VERSION' AND e.subject_id = v.id AND e.changes ? 'capabilities'
          AND e.actor NOT LIKE 'import:%' AND e.actor <> 'migration'
      )
"""
_DAYS = "(released_on - '2000-01-01'::date)"


def upgrade() -> None:
    for name, sign in (("asc", ""), ("desc", "-")):
        op.create_index(
            f"ix_model_versions_released_on_{name}_id",
            "model_versions",
            [sa.literal_column(f"coalesce({_DAYS}, '{sign}Infinity'::float8)"), "id"],
            unique=False,
        )
    op.create_index(
        "ix_model_versions_rolling",
        "model_versions",
        ["id"],
        unique=False,
        postgresql_where=sa.text("rolling"),
    )
    op.execute("SELECT set_config('registry.actor', 'migration', true)")
    op.get_bind().exec_driver_sql(UNKNOWN_CAPABILITIES.replace("%", "%%"))


def downgrade() -> None:
    op.execute("UPDATE model_versions SET capabilities = '{}' WHERE capabilities IS NULL")
    op.drop_index("ix_model_versions_rolling", table_name="model_versions")
    op.drop_index("ix_model_versions_released_on_desc_id", table_name="model_versions")
    op.drop_index("ix_model_versions_released_on_asc_id", table_name="model_versions")
