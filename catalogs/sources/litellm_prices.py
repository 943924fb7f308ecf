"""The prices of one entry of LiteLLM's map, as components."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalogs.sources import components, litellm_meters, values
from catalogs.sources.components import Meaning
from catalogs.sources.values import Unreadable
from domain.enums import PriceMeter, PriceUnit
from domain.prices import PriceComponent

Found = tuple[str, PriceComponent | None]
_TIERS = "tiered_pricing"
_SEARCH = "search_context_cost_per_query"


def read(
    fields: Mapping[str, Any], mode: str | None, remarks: list[str]
) -> tuple[PriceComponent, ...]:
    """The components; raises Unreadable when an amount is negative or no number."""
    amounts = _one_second_price(_generated_images(fields, mode), mode)
    found = [*_components(amounts, mode, remarks), *_tiers(fields, mode, remarks)]
    unmapped = _unmapped(amounts, mode)
    for key, reason in unmapped.items():
        if litellm_meters.REPEATED.get(key) not in fields:
            remarks.append(f"priced in part: {key}: {reason}")
    priced = components.unique(found, remarks)
    if _is_priced_otherwise(priced, fields, unmapped):
        # "0 per token" beside a price per image or second means that tokens have no price
        priced = tuple(each for each in priced if each.unit is not PriceUnit.TOKENS_1K)
    return priced


def _components(fields: Mapping[str, Any], mode: str | None, remarks: list[str]) -> Iterator[Found]:
    for key in fields:
        if key == _SEARCH:
            yield from _search(fields[key], remarks)
        elif isinstance(meaning := litellm_meters.meaning(key, mode), Meaning):
            yield from _component(fields, key, meaning, remarks)


def _component(
    fields: Mapping[str, Any], key: str, meaning: Meaning, remarks: list[str]
) -> Iterator[Found]:
    amount = values.amount(fields, key)
    if amount is not None:
        yield key, components.component(key, amount, meaning, remarks)


def _generated_images(fields: Mapping[str, Any], mode: str | None) -> Mapping[str, Any]:
    """Where only images that are sent have a price, the map means those that are made."""
    has_output = any(key.startswith("output_cost_per_image") for key in fields)
    if mode != "image_generation" or has_output or "input_cost_per_image" not in fields:
        return fields
    return {
        "output_cost_per_image" if key == "input_cost_per_image" else key: value
        for key, value in fields.items()
    }


def _one_second_price(fields: Mapping[str, Any], mode: str | None) -> Mapping[str, Any]:
    """For transcriptions, a second has one price, whichever of its two keys is not 0."""
    both = ("output_cost_per_second", "input_cost_per_second")
    if mode != "audio_transcription" or not all(key in fields for key in both):
        return fields
    unused = next((key for key in both if not values.amount(fields, key)), None)
    return {key: value for key, value in fields.items() if key != unused}


def _search(value: Any, remarks: list[str]) -> Iterator[Found]:
    sizes = values.mapping(value, _SEARCH)
    amounts = {values.amount(sizes, size) for size in sizes} - {None}
    if len(amounts) > 1:
        remarks.append(f"priced in part: {_SEARCH}: no component for the size of a search")
    elif amounts:
        meaning = litellm_meters.meaning(_SEARCH, None)
        assert isinstance(meaning, Meaning)
        yield from _component({_SEARCH: amounts.pop()}, _SEARCH, meaning, remarks)


def _tiers(fields: Mapping[str, Any], mode: str | None, remarks: list[str]) -> Iterator[Found]:
    tiers = fields.get(_TIERS)
    if tiers is None:
        return
    if not isinstance(tiers, list):
        raise Unreadable(f"{_TIERS} is not a list: {values.shown(tiers)}")
    for tier in tiers:
        amounts = values.mapping(tier, _TIERS)
        if "range" not in amounts:
            remarks.append(f"priced in part: {_TIERS}: no tiers but those of input tokens")
            continue
        yield from _tier(amounts, _start(amounts), mode, remarks)


def _tier(
    amounts: Mapping[str, Any], start: int, mode: str | None, remarks: list[str]
) -> Iterator[Found]:
    for key in amounts:
        meaning = litellm_meters.meaning(key, mode)
        if isinstance(meaning, Meaning):
            tier = meaning._replace(above_input_tokens=start)
            yield from _component(amounts, key, tier, remarks)
        elif meaning is not None:
            remarks.append(f"priced in part: {_TIERS}: {key}: {meaning}")


def _start(tier: Mapping[str, Any]) -> int:
    bounds = tier["range"]
    if not isinstance(bounds, list) or len(bounds) != 2:
        raise Unreadable(f"the range of a tier is not two numbers: {values.shown(bounds)}")
    start = values.count({"the start of a tier": bounds[0]}, "the start of a tier")
    return start or 0


def _unmapped(fields: Mapping[str, Any], mode: str | None) -> dict[str, str]:
    reasons = {}
    for key in fields:
        reason = litellm_meters.meaning(key, mode)
        if isinstance(reason, str) and key != _TIERS and _is_price(fields[key]):
            reasons[key] = reason
    return reasons


def _is_price(value: Any) -> bool:
    """Whether it is or holds a number, also one that is written as text."""
    if isinstance(value, dict | list):
        return any(map(_is_price, value.values() if isinstance(value, dict) else value))
    return values.is_number(value)


def _is_priced_otherwise(
    priced: tuple[PriceComponent, ...], fields: Mapping[str, Any], unmapped: dict[str, str]
) -> bool:
    tokens = [each for each in priced if each.unit is PriceUnit.TOKENS_1K]
    if not tokens or any(each.amount for each in tokens):
        return False
    others = (each for each in priced if each.amount and each.meter is not PriceMeter.WEB_SEARCH)
    return any(others) or any(fields.get(key) not in (None, 0) for key in unmapped)
