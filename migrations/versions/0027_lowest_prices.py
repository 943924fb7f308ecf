"""The lowest prices of models, kept for orders and ranges of them.

No row is as of now yet: reads compute these models' prices until a job has refreshed them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

compatible_from = "0021"
loses = ""  # what is kept is computed again

_KEYS = {"asc": "Infinity", "desc": "-Infinity"}


def upgrade() -> None:
    time, money = sa.DateTime(timezone=True), sa.Numeric(20, 10)
    op.create_table(
        "lowest_prices",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("input_per_1k", money, nullable=True),
        sa.Column("output_per_1k", money, nullable=True),
        sa.Column("holds_until", time, nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["models.id"], "fk_lowest_prices_model_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("model_id", name="pk_lowest_prices"),
    )
    for column in ("input_per_1k", "output_per_1k"):
        for name, unknown in _KEYS.items():
            op.create_index(
                f"ix_lowest_prices_{column}_{name}_model_id",
                "lowest_prices",
                [sa.text(f"coalesce({column}, '{unknown}'::numeric)"), "model_id"],
            )
    op.create_index("ix_lowest_prices_holds_until", "lowest_prices", ["holds_until"])
    op.create_table(
        "lowest_prices_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_lowest_prices_state_one_row")),
        sa.PrimaryKeyConstraint("id", name="pk_lowest_prices_state"),
    )
    # in this order: a model that is missing in the second statement has an event after the first
    op.execute(
        "INSERT INTO lowest_prices_state (id, sequence) SELECT 1, revision FROM registry_state"
    )
    op.execute(
        "INSERT INTO lowest_prices (model_id, holds_until) SELECT id, '-infinity' FROM models"
    )


def downgrade() -> None:
    op.drop_table("lowest_prices_state")
    op.drop_table("lowest_prices")
