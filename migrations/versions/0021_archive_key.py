"""A key that salts archives."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

RANDOM_KEY = "sha256((((gen_random_uuid())::text || (gen_random_uuid())::text))::bytea)"


def upgrade() -> None:
    op.add_column(
        "registry_state",
        sa.Column(
            "archive_key", sa.LargeBinary(), server_default=sa.text(RANDOM_KEY), nullable=False
        ),
    )


def downgrade() -> None:
    op.drop_column("registry_state", "archive_key")
