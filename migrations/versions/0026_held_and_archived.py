"""Indexes that find the versions with a hold, and the archived ones in the order of their times."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

compatible_from = "0021"
loses = ""

_HELD, _ARCHIVED = "ix_model_versions_held", "ix_model_versions_archived_at_id"


def upgrade() -> None:
    is_held, is_archived = sa.text("held_at IS NOT NULL"), sa.text("archived_at IS NOT NULL")
    op.create_index(_HELD, "model_versions", ["id"], postgresql_where=is_held)
    op.create_index(
        _ARCHIVED, "model_versions", ["archived_at", "id"], postgresql_where=is_archived
    )


def downgrade() -> None:
    op.drop_index(_ARCHIVED, "model_versions")
    op.drop_index(_HELD, "model_versions")
