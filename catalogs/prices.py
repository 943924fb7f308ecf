"""Amounts as the registry keeps them: USD per 1,000 tokens, at most ten decimals."""

from datetime import UTC, datetime
from decimal import Decimal

# When prices take effect whose beginning no catalog tells: before any registry looked at them.
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
MOST = Decimal(10) ** 9  # the column holds ten digits before the point; no token costs so much
_STEP = Decimal("0.0000000001")


def per_1k(amount: Decimal | None, tokens: Decimal) -> Decimal | None:
    """The price of 1,000 tokens when `tokens` of them cost `amount`; None stays unknown."""
    return None if amount is None else (amount * 1000 / tokens).quantize(_STEP)
