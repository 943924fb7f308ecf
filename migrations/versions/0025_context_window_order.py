"""An index for the order of models by the context window of their latest version."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

compatible_from = "0021"
loses = ""

_INDEX = "ix_model_versions_context_window_model_id"


def upgrade() -> None:
    key = sa.text("(context_window::float8)")
    op.create_index(_INDEX, "model_versions", [key, "model_id"])


def downgrade() -> None:
    op.drop_index(_INDEX, "model_versions")
