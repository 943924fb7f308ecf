"""What named reporters have reported, by minute."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reporter_minutes",
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("reported", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("starts_at", "actor", "reporter", name=op.f("pk_reporter_minutes")),
    )
    # hardly compressible: half of it are random digits of ids
    op.execute("ALTER TABLE reporter_minutes ALTER COLUMN reported SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("reporter_minutes")
