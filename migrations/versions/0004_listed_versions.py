"""The catalogs that list a version, which retention therefore keeps.

Registries that have imported before learn it from the sources of prices, and from the audit log,
which knows the versions that an import created: also those that are archived or have no price. The
next import of a catalog corrects what it does not name any more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FILL = """
    UPDATE model_versions v
    SET listed_in = listed.catalogs, revision = v.revision + 1, updated_at = now()
    FROM (
        SELECT version_id, array_agg(DISTINCT catalog ORDER BY catalog) AS catalogs
        FROM (
            SELECT b.version_id, p.source AS catalog
            FROM prices p JOIN provider_bindings b ON b.id = p.binding_id
            WHERE p.source IN ('genai-prices', 'litellm')
            UNION ALL
            SELECT subject_id, substr(actor, length('import:') + 1) FROM audit_events
            WHERE actor IN ('import:genai-prices', 'import:litellm') AND kind = 'VERSION'
        ) named
        GROUP BY version_id
    ) listed
    WHERE v.id = listed.version_id
"""


def upgrade() -> None:
    op.add_column("model_versions", sa.Column("listed_in", sa.ARRAY(sa.Text()), nullable=True))
    op.create_check_constraint(
        op.f("ck_model_versions_listed_in_not_empty"),
        "model_versions",
        "cardinality(listed_in) > 0",
    )
    op.execute("SELECT set_config('registry.actor', 'migration', true)")
    op.execute(FILL)


def downgrade() -> None:
    op.drop_constraint(op.f("ck_model_versions_listed_in_not_empty"), "model_versions")
    op.drop_column("model_versions", "listed_in")
