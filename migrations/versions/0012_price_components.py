"""Components of the prices that are there, and the end of a made-up start of catalogs' prices.

Each changed price leaves an event of the actor `migration`, so that the log still gives the table
when it is replayed. The action is PRICED, as for every change of a price.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# An import gave this start to every price whose start its catalog did not say.
_MADE_UP = "2020-01-01T00:00:00+00:00"

# As domain.prices.to_json: sorted by meter, amounts as text without trailing zeros.
FILL = """
    UPDATE prices p SET
        components = (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'meter', c.meter, 'unit', 'TOKENS_1K', 'amount', trim_scale(c.amount)::text,
                'aboveInputTokens', 0, 'variant', 'STANDARD'
            ) ORDER BY c.meter), '[]')
            FROM (VALUES
                ('CACHE_READ', p.cache_read_per_1k), ('CACHE_WRITE', p.cache_write_per_1k),
                ('INPUT', p.input_per_1k), ('OUTPUT', p.output_per_1k)
            ) c (meter, amount)
            WHERE c.amount IS NOT NULL
        ),
        effective_from = CASE WHEN is_made_up THEN '-infinity' ELSE p.effective_from END
    FROM (
        SELECT id, effective_from = '{made_up}' AND source IN ('genai-prices', 'litellm') IS TRUE
            AS is_made_up FROM prices
    ) old
    WHERE old.id = p.id AND (is_made_up OR p.components = '[]')
"""


def upgrade() -> None:
    op.execute("SELECT set_config('registry.actor', 'migration', true)")
    op.create_index(
        "ix_prices_output_per_1k_binding_id",
        "prices",
        ["output_per_1k", "binding_id"],
        unique=False,
    )
    op.get_bind().exec_driver_sql(FILL.format(made_up=_MADE_UP))


def downgrade() -> None:
    op.drop_index("ix_prices_output_per_1k_binding_id", table_name="prices")
    op.execute("SELECT set_config('registry.actor', 'migration', true)")
    op.execute(
        sa.text(
            "UPDATE prices SET effective_from = CAST(:made_up AS timestamptz)"
            " WHERE effective_from = '-infinity'"
        ).bindparams(made_up=_MADE_UP)
    )
