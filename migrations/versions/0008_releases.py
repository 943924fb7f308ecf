"""The order of versions by release, their unknown capabilities, and names without case."""

import sqlalchemy as sa
from alembic import op

from db.postgres.migrate import MigrationRefused

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
_NAMED_MAX = 10  # pairs of models in a message


def upgrade() -> None:
    _refuse_equal_names()
    op.drop_constraint(op.f("uq_models_name"), "models")
    op.create_index("uq_models_name", "models", [sa.literal_column("lower(name)")], unique=True)
    op.create_index("ix_models_name_id", "models", ["name", "id"], unique=False)
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


def _refuse_equal_names() -> None:
    query = """
        SELECT string_agg(name, ' and ' ORDER BY name) FROM models
        GROUP BY lower(name) HAVING count(*) > 1 ORDER BY lower(name)
    """
    groups = [names for (names,) in op.get_bind().exec_driver_sql(query)]
    if groups:
        named = "; ".join(groups[:_NAMED_MAX])
        more = f"; and {len(groups) - _NAMED_MAX} more" if len(groups) > _NAMED_MAX else ""
        raise MigrationRefused(
            f"models have names that differ by case only: {named}{more}. Rename or delete all but"
            " one of each with the release that you ran before (updateModel, deleteModel), and"
            " migrate again; nothing was changed"
        )


def downgrade() -> None:
    op.drop_index("ix_models_name_id", table_name="models")
    op.drop_index("uq_models_name", table_name="models")
    op.create_unique_constraint(op.f("uq_models_name"), "models", ["name"])
    op.execute("UPDATE model_versions SET capabilities = '{}' WHERE capabilities IS NULL")
    op.drop_index("ix_model_versions_rolling", table_name="model_versions")
    op.drop_index("ix_model_versions_released_on_desc_id", table_name="model_versions")
    op.drop_index("ix_model_versions_released_on_asc_id", table_name="model_versions")
