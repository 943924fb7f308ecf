"""Versions no longer say which catalogs list them: the entries of catalogs do."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FILL = """
    UPDATE model_versions v SET listed_in = listed.catalogs
    FROM (
        SELECT e.version_id, array_agg(DISTINCT c.name ORDER BY c.name) AS catalogs
        FROM catalog_entries e JOIN catalogs c ON c.id = e.catalog_id
        WHERE e.delisted_at IS NULL GROUP BY e.version_id
    ) listed
    WHERE v.id = listed.version_id
"""


def upgrade() -> None:
    op.drop_constraint(op.f("ck_model_versions_listed_in_not_empty"), "model_versions")
    op.drop_column("model_versions", "listed_in")


def downgrade() -> None:
    op.add_column("model_versions", sa.Column("listed_in", sa.ARRAY(sa.Text()), nullable=True))
    op.create_check_constraint(
        op.f("ck_model_versions_listed_in_not_empty"),
        "model_versions",
        "cardinality(listed_in) > 0",
    )
    op.execute("SELECT set_config('registry.actor', 'migration', true)")
    op.execute(FILL)
