"""The oldest code that works with the schema, beside the version of the schema."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

compatible_from = "0021"
loses = ""


def upgrade() -> None:
    # a server reads it with the migration that the database is at: db/postgres/migration_state.py
    op.add_column("alembic_version", sa.Column("compatible_from", sa.Text()))


def downgrade() -> None:
    op.drop_column("alembic_version", "compatible_from")
