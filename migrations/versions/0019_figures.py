"""Until when the figures of bindings hold; the times at which circuits change by the clock."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "binding_health", sa.Column("known_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index("ix_circuits_trial_until", "circuits", ["trial_until"])
    op.create_index("ix_circuits_held_until", "circuits", ["held_until"])


def downgrade() -> None:
    op.drop_index("ix_circuits_held_until", "circuits")
    op.drop_index("ix_circuits_trial_until", "circuits")
    op.drop_column("binding_health", "known_until")
