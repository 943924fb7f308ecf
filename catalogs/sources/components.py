"""Price components of catalogs: amounts as the registry keeps them, and remarks where it cannot."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import NamedTuple

from catalogs.sources.values import Unreadable, shown
from domain.enums import PriceMeter, PriceUnit, PriceVariant
from domain.prices import PriceComponent
from domain.rules import MONEY_MAX

STEP = Decimal("0.0000000001")  # ten decimals
TOO_SMALL = "is below the smallest price that the registry keeps: the price is unknown"
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


class Meaning(NamedTuple):
    """What an amount of a catalog charges for; `scale` turns it into US dollars for one unit."""

    meter: PriceMeter
    unit: PriceUnit
    scale: Decimal
    above_input_tokens: int = 0
    variant: PriceVariant = PriceVariant.STANDARD


def component(
    name: str, amount: Decimal, meaning: Meaning, remarks: list[str]
) -> PriceComponent | None:
    """The component, or None with a remark when the registry cannot keep so small an amount."""
    exact = _EXACT.multiply(amount, meaning.scale) if amount < MONEY_MAX else MONEY_MAX
    if exact >= MONEY_MAX:
        raise Unreadable(f"{name} is too large: {shown(amount)}")
    kept = exact.quantize(STEP, context=_EXACT)
    if amount and not kept:
        remarks.append(f"{name} {TOO_SMALL}")
        return None
    if kept != exact:
        remarks.append(f"{name} is rounded to ten decimals")
    return PriceComponent(
        meaning.meter, meaning.unit, kept, meaning.above_input_tokens, meaning.variant
    )


def unique(
    found: Iterable[tuple[str, PriceComponent | None]], remarks: list[str]
) -> tuple[PriceComponent, ...]:
    """One component for each meter, unit, tier and variant: of several that differ the first.

    They have the order in which they are stored.
    """
    kept: dict[tuple[str, str, str, int], PriceComponent] = {}
    for name, each in found:
        if each is None:
            continue
        key = (each.variant, each.meter, each.unit, each.above_input_tokens)
        if kept.setdefault(key, each).amount != each.amount:
            remarks.append(f"{name} differs from another price of the same meter: it is left out")
    return tuple(each for _, each in sorted(kept.items()))
