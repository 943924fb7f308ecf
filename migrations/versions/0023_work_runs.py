"""How often jobs and imports ran, and how the last run went: for metrics."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

loses = "how often jobs and imports ran, and how their last runs ended"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "work_runs",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("succeeded", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("last_seconds", sa.Float(), nullable=False),
        sa.Column("last_ended_at", time, nullable=False),
        sa.Column("last_succeeded_at", time, nullable=True),
        sa.Column("figures", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_work_runs")),
    )


def downgrade() -> None:
    op.drop_table("work_runs")
