"""The prices of one model of genai-prices, as components by the day on which they start."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Context, Decimal
from typing import Any

from genai_prices import types

from catalogs.entry import SaidPrice
from catalogs.sources import components
from catalogs.sources.components import Meaning
from domain.enums import PriceMeter, PriceUnit, PriceVariant
from domain.prices import PriceComponent

Found = tuple[str, PriceComponent | None]

_TOKENS = (PriceUnit.TOKENS_1K, Decimal("0.001"))
_THOUSANDTH = Decimal("0.001")
# More digits than amounts are computed with, so that 0.36 an hour is exactly 0.0001 a second.
_PER_HOUR = (PriceUnit.SECOND, Context(prec=62).divide(Decimal(1), Decimal(3600)))
METERS = {
    "input_mtok": Meaning(PriceMeter.INPUT, *_TOKENS),
    "output_mtok": Meaning(PriceMeter.OUTPUT, *_TOKENS),
    "cache_read_mtok": Meaning(PriceMeter.CACHE_READ, *_TOKENS),
    "cache_write_mtok": Meaning(PriceMeter.CACHE_WRITE, *_TOKENS),
    "cache_write_1h_mtok": Meaning(PriceMeter.CACHE_WRITE_1H, *_TOKENS),
    "output_reasoning_mtok": Meaning(PriceMeter.REASONING, *_TOKENS),
    "input_audio_mtok": Meaning(PriceMeter.AUDIO_INPUT, *_TOKENS),
    "output_audio_mtok": Meaning(PriceMeter.AUDIO_OUTPUT, *_TOKENS),
    "cache_audio_read_mtok": Meaning(PriceMeter.AUDIO_CACHE_READ, *_TOKENS),
    "input_image_mtok": Meaning(PriceMeter.IMAGE_INPUT, *_TOKENS),
    "output_image_mtok": Meaning(PriceMeter.IMAGE_OUTPUT, *_TOKENS),
    "input_video_mtok": Meaning(PriceMeter.VIDEO_INPUT, *_TOKENS),
    "output_video_mtok": Meaning(PriceMeter.VIDEO_OUTPUT, *_TOKENS),
    "audio_hours": Meaning(PriceMeter.AUDIO_INPUT, *_PER_HOUR),
    "input_audio_hours": Meaning(PriceMeter.AUDIO_INPUT, *_PER_HOUR),
    "output_audio_hours": Meaning(PriceMeter.AUDIO_OUTPUT, *_PER_HOUR),
    "input_mchars": Meaning(PriceMeter.INPUT, PriceUnit.CHARACTERS_1K, _THOUSANDTH),
    "input_document_kpages": Meaning(PriceMeter.INPUT, PriceUnit.PAGE, _THOUSANDTH),
    "requests_kcount": Meaning(PriceMeter.REQUEST, PriceUnit.REQUEST, _THOUSANDTH),
    "web_searches_kcount": Meaning(PriceMeter.WEB_SEARCH, PriceUnit.QUERY, _THOUSANDTH),
}
VARIANTS = {
    ("processing", "batch"): PriceVariant.BATCH,
    ("service_tier", "flex"): PriceVariant.FLEX,
    ("service_tier", "priority"): PriceVariant.PRIORITY,
    ("service_tier", "fast"): PriceVariant.FAST,
    ("speed", "fast"): PriceVariant.FAST,
    ("service_tier", "default"): PriceVariant.STANDARD,
}


def read(info: types.ModelInfo, remarks: list[str]) -> tuple[SaidPrice, ...]:
    """The prices, the one without a start first; what has no meter is named in the remarks.

    Of prices that change with the time of the day, the highest of each component is taken.
    """
    said: list[SaidPrice] = []
    notes: list[str] = []
    for start in (None, *_starts(info)):
        priced = _components(info, start or date.min, notes)
        if priced != (said[-1].components if said else ()):
            said.append(SaidPrice(start, priced))
    remarks.extend(dict.fromkeys(notes))
    return tuple(said)


def _conditions(info: types.ModelInfo) -> list[types.ConditionalPrice]:
    if isinstance(info.prices, list):
        return info.prices
    return [types.ConditionalPrice(prices=info.prices)]


def _starts(info: types.ModelInfo) -> list[date]:
    constraints = [each.constraint for each in (*_conditions(info), *(info.price_variants or ()))]
    return sorted(
        {each.start_date for each in constraints if isinstance(each, types.StartDateConstraint)}
    )


def _components(info: types.ModelInfo, day: date, remarks: list[str]) -> tuple[PriceComponent, ...]:
    found = list(_highest(_standard(info, day), remarks))
    for variant, prices in _variants(info, day, remarks):
        if variant is not PriceVariant.STANDARD:
            found.extend(_of_prices(prices, variant, remarks))
        elif any(each not in found for each in _of_prices(prices, variant, remarks)):
            remarks.append("priced in part: the price of the tier default is left out")
    return components.unique(found, remarks)


def _standard(info: types.ModelInfo, day: date) -> list[types.ModelPrice]:
    """What a call on the day may cost: one, or several where the time of the day decides."""
    conditions = _conditions(info)
    possible = []
    for each in reversed(conditions):
        if isinstance(each.constraint, types.TimeOfDateConstraint):
            possible.append(each.prices)
        elif each.constraint is None or each.constraint.start_date <= day:
            return [*possible, each.prices]
    return [*possible, conditions[0].prices] if conditions else possible


def _highest(prices: list[types.ModelPrice], remarks: list[str]) -> Iterator[Found]:
    highest: dict[tuple[str, int], Found] = {}
    for each in prices:
        for name, component in _of_prices(each, PriceVariant.STANDARD, remarks):
            key = (name, component.above_input_tokens if component else 0)
            kept = highest.get(key, (name, None))[1]
            if component and (kept is None or component.amount > kept.amount):
                highest[key] = (name, component)
    if any(each != prices[0] for each in prices):
        remarks.append("the price depends on the time of the day: the highest is taken")
    return iter(highest.values())


def _variants(
    info: types.ModelInfo, day: date, remarks: list[str]
) -> Iterator[tuple[PriceVariant, types.ModelPrice]]:
    taken = set[tuple[Any, ...]]()
    for each in info.price_variants or ():
        when = tuple(each.when.items())
        variant = VARIANTS.get(when[0]) if len(when) == 1 else None
        if variant is None:
            names = ", ".join(f"{name}={value}" for name, value in when)
            remarks.append(f"priced in part: no variant for calls with {names}")
        elif isinstance(each.constraint, types.TimeOfDateConstraint):
            remarks.append(f"priced in part: {variant} depends on the time of the day")
        elif each.constraint is None or each.constraint.start_date <= day:
            yield variant, _not_taken(when, each.prices, taken)


def _not_taken(
    when: tuple[tuple[str, str], ...], prices: types.ModelPrice, taken: set[tuple[Any, ...]]
) -> types.ModelPrice:
    """The prices without the keys that an earlier variant for the same calls decides."""
    decided = {key: price for key, price in vars(prices).items() if (when, key) not in taken}
    taken.update((when, key) for key, price in decided.items() if price is not None)
    return types.ModelPrice(**decided)


def _of_prices(
    prices: types.ModelPrice, variant: PriceVariant, remarks: list[str]
) -> Iterator[Found]:
    for key, amount in vars(prices).items():
        if amount is None:
            continue
        meaning = METERS.get(key)
        if meaning is None:
            remarks.append(f"priced in part: no meter for {key}")
            continue
        for above, value in _tiers(amount):
            tier = meaning._replace(above_input_tokens=above, variant=variant)
            yield key, components.component(key, value, tier, remarks)


def _tiers(amount: Decimal | types.TieredPrices) -> Iterable[tuple[int, Decimal]]:
    if isinstance(amount, types.TieredPrices):
        return [(0, amount.base), *((tier.start, tier.price) for tier in amount.tiers)]
    return [(0, amount)]
