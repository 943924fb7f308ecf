"""Prices as the registry stores them: USD per 1,000 tokens, with at most ten decimals."""

from datetime import UTC, datetime
from decimal import Decimal

# The start of prices whose start date no catalog has: earlier than any registry.
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
BASE_TIER = "priced in tiers: the base tier is imported"  # reasons of entries imported in part
NO_PRICE = "not priced by tokens: its price is unknown"
AMOUNT_MAX = Decimal(10) ** 9  # the column has ten digits before the point
_STEP = Decimal("0.0000000001")  # ten decimals


def per_1k(amount: Decimal | None, tokens: Decimal) -> Decimal | None:
    """The price of 1,000 tokens when `tokens` of them cost `amount`; None (unknown) stays None."""
    return None if amount is None else (amount * 1000 / tokens).quantize(_STEP)
