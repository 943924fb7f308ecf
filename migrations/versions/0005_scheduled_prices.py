"""The times at which prices take effect later, in a table that the check of cached responses reads."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scheduled_prices",
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("effective_from", "binding_id", name=op.f("pk_scheduled_prices")),
    )
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))


def downgrade() -> None:
    op.execute("DROP TRIGGER schedule_price ON prices")
    op.execute("DROP FUNCTION schedule_price()")
    op.drop_table("scheduled_prices")
