"""What a call costs, by hand; tests/catalogs/sources/test_costs_oracle.py compares real prices."""

from decimal import Decimal

import pytest

from domain import costs
from domain.costs import Usage
from domain.enums import PriceMeter, PriceUnit, PriceVariant
from domain.prices import PriceComponent

TOKENS = PriceUnit.TOKENS_1K
BATCH = PriceVariant.BATCH


def _component(
    meter: PriceMeter, amount: str, above: int = 0, variant: PriceVariant = PriceVariant.STANDARD
) -> PriceComponent:
    return PriceComponent(meter, TOKENS, Decimal(amount), above, variant)


PRICE = (
    _component(PriceMeter.INPUT, "1"),
    _component(PriceMeter.INPUT, "2", 1_000),
    _component(PriceMeter.OUTPUT, "10"),
    _component(PriceMeter.CACHE_READ, "0.1"),
    _component(PriceMeter.INPUT, "0.5", variant=BATCH),
    PriceComponent(PriceMeter.REQUEST, PriceUnit.REQUEST, Decimal("0.25")),
)


@pytest.mark.parametrize(
    ("usage", "amount"),
    [
        (Usage(), "0.25"),
        (Usage(requests=0), "0"),
        (Usage(1_000, 100), "2.25"),
        (Usage(1_001, 100), "3.252"),  # the whole prompt at its tier
        (Usage(1_000, cache_read_tokens=400), "0.89"),
        (Usage(1_000, cache_write_tokens=400), "1.25"),  # charged as input
        (Usage(0, 100, reasoning_tokens=60), "1.25"),  # charged as output
        (Usage(2_000, 100, variant=BATCH), "2.25"),  # output as in STANDARD; its own input no tier
    ],
)
def test_the_cost_is_the_sum_of_the_meters(usage: Usage, amount: str) -> None:
    estimate = costs.estimate(PRICE, usage)
    assert (estimate.amount, estimate.unpriced) == (Decimal(amount), [])
    assert sum(part.amount for part in estimate.parts) == estimate.amount


PRIORITY, FLEX = PriceVariant.PRIORITY, PriceVariant.FLEX
VARIANTS = (
    _component(PriceMeter.INPUT, "2"),
    _component(PriceMeter.INPUT, "3", 200_000),
    _component(PriceMeter.OUTPUT, "8"),
    _component(PriceMeter.CACHE_READ, "0.5"),
    _component(PriceMeter.INPUT, "1", variant=BATCH),
    _component(PriceMeter.INPUT, "1.5", 200_000, BATCH),
    _component(PriceMeter.OUTPUT, "4", variant=BATCH),
    _component(PriceMeter.CACHE_READ, "0.25", variant=BATCH),
    _component(PriceMeter.INPUT, "4", variant=PRIORITY),
    _component(PriceMeter.OUTPUT, "16", variant=PRIORITY),
    _component(PriceMeter.CACHE_READ, "0.125", variant=FLEX),
)


@pytest.mark.parametrize(
    ("variant", "small", "large"),
    [
        (PriceVariant.STANDARD, "8.5", "912.5"),  # 2*2 + 0.5 + 8*0.5;  3*300 + 0.5 + 8*1.5
        (BATCH, "4.25", "456.25"),  # 1*2 + 0.25 + 4*0.5;  1.5*300 + 0.25 + 4*1.5
        (PRIORITY, "16.5", "1224.5"),  # 4*2 + 0.5 + 16*0.5;  no tier of its own: 4*300 + 0.5 + 24
        (FLEX, "8.125", "912.125"),  # only the cache has a price of its own
        (PriceVariant.FAST, None, None),
    ],
)
def test_each_variant_costs_its_own_price(
    variant: PriceVariant, small: str | None, large: str | None
) -> None:
    """Of 3,000 and 301,000 input tokens 1,000 are read from the cache; 500 and 1,500 of output."""
    usages = (Usage(3_000, 500, 1_000), Usage(301_000, 1_500, 1_000))
    found = [costs.estimate(VARIANTS, usage._replace(variant=variant)) for usage in usages]
    expected = [None if amount is None else Decimal(amount) for amount in (small, large)]
    assert [each.amount for each in found] == expected


def test_what_has_no_price_is_named() -> None:
    estimate = costs.estimate(PRICE[2:4], Usage(1_000, 100, 400, 10, images=1))
    assert estimate.amount is None
    assert estimate.unpriced == [PriceMeter.CACHE_WRITE, PriceMeter.INPUT, PriceMeter.IMAGE_OUTPUT]
    assert [part.meter for part in estimate.parts] == [PriceMeter.CACHE_READ, PriceMeter.OUTPUT]


def test_a_variant_without_any_component_is_unpriced() -> None:
    estimate = costs.estimate(PRICE, Usage(1_000, variant=PriceVariant.FLEX))
    assert (estimate.amount, estimate.unpriced) == (None, [PriceMeter.INPUT])


@pytest.mark.parametrize(
    ("usage", "message"),
    [
        (Usage(-1), "inputTokens must be 0 or more, not -1"),
        (Usage(9, cache_read_tokens=4, audio_input_tokens=6), "inputTokens must include the 10"),
        (Usage(0, 1, reasoning_tokens=2), "outputTokens must include the 2"),
    ],
)
def test_usage_that_cannot_be_is_refused(usage: Usage, message: str) -> None:
    assert (costs.problem(usage) or "").startswith(message)
