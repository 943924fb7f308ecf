"""The prices of one model of models.dev, as components: its amounts are for a million tokens."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from catalogs.sources import components, values
from catalogs.sources.components import Meaning
from catalogs.sources.values import Unreadable
from domain.enums import PriceMeter, PriceUnit, PriceVariant
from domain.prices import PriceComponent

METERS = {
    "input": PriceMeter.INPUT,
    "output": PriceMeter.OUTPUT,
    "cache_read": PriceMeter.CACHE_READ,
    "cache_input": PriceMeter.CACHE_READ,
    "cached_input": PriceMeter.CACHE_READ,
    "cache_write": PriceMeter.CACHE_WRITE,
    "cached_write": PriceMeter.CACHE_WRITE,
    "reasoning": PriceMeter.REASONING,
    "input_audio": PriceMeter.AUDIO_INPUT,
    "output_audio": PriceMeter.AUDIO_OUTPUT,
}
_PER_MILLION = Decimal("0.001")
_OVER_200K = "context_over_200k"
_TIERS = "tiers"
_SERVICE_TIERS = {"priority": PriceVariant.PRIORITY, "flex": PriceVariant.FLEX}
Found = tuple[str, PriceComponent | None]


def read(fields: Mapping[str, Any], remarks: list[str]) -> tuple[PriceComponent, ...]:
    """The components; raises Unreadable when an amount is negative or no number."""
    cost = fields.get("cost")
    if cost is None:
        return ()
    amounts = values.mapping(cost, "cost")
    found = [
        *_components(amounts, 0, PriceVariant.STANDARD, remarks),
        *_tiers(amounts, PriceVariant.STANDARD, remarks),
        *_modes(fields, remarks),
    ]
    return components.unique(found, remarks)


def is_cache_cheaper(priced: tuple[PriceComponent, ...]) -> bool:
    """Whether input that is read from a cache costs less than other input."""
    base = {
        each.meter: each.amount
        for each in priced
        if each.above_input_tokens == 0 and each.variant is PriceVariant.STANDARD
    }
    plain, cached = base.get(PriceMeter.INPUT), base.get(PriceMeter.CACHE_READ)
    return plain is not None and cached is not None and cached < plain


def _components(
    amounts: Mapping[str, Any], above: int, variant: PriceVariant, remarks: list[str]
) -> Iterator[Found]:
    for name in amounts:
        if name in (_TIERS, _OVER_200K, "tier"):
            continue
        if name not in METERS:
            remarks.append(f"priced in part: cost.{name}: no meter for it")
            continue
        amount = values.amount(amounts, name)
        if amount is not None:
            meaning = Meaning(METERS[name], PriceUnit.TOKENS_1K, _PER_MILLION, above, variant)
            yield name, components.component(f"cost.{name}", amount, meaning, remarks)


def _tiers(
    amounts: Mapping[str, Any], variant: PriceVariant, remarks: list[str]
) -> Iterator[Found]:
    tiers = amounts.get(_TIERS)
    if tiers is not None and not isinstance(tiers, list):
        raise Unreadable(f"cost.tiers is not a list: {values.shown(tiers)}")
    for each in tiers or ():
        tier = values.mapping(each, "a tier")
        bounds = values.mapping(tier.get("tier"), "the size of a tier")
        size = values.count(bounds, "size")
        if size is None or bounds.get("type", "context") != "context":
            remarks.append("priced in part: cost.tiers: no tiers but those of the context")
            continue
        yield from _components(tier, size, variant, remarks)
    if amounts.get(_OVER_200K) is not None:
        over = values.mapping(amounts[_OVER_200K], _OVER_200K)
        yield from _components(over, 200_000, variant, remarks)


def _modes(fields: Mapping[str, Any], remarks: list[str]) -> Iterator[Found]:
    experimental = fields.get("experimental")
    modes = experimental.get("modes") if isinstance(experimental, dict) else None
    for name, raw in modes.items() if isinstance(modes, dict) else ():
        mode = values.mapping(raw, f"the mode {values.shown(name)}")
        variant = _variant(name, mode)
        if variant is None:
            remarks.append(f"priced in part: no variant for the mode {values.shown(name)}")
        elif mode.get("cost") is not None:
            amounts = values.mapping(mode["cost"], "the cost of a mode")
            yield from _components(amounts, 0, variant, remarks)
            yield from _tiers(amounts, variant, remarks)


def _variant(name: str, mode: Mapping[str, Any]) -> PriceVariant | None:
    """OpenAI calls its priority processing a fast mode, too; what is sent tells them apart."""
    provider = mode.get("provider")
    body = provider.get("body") if isinstance(provider, dict) else None
    service_tier = body.get("service_tier") if isinstance(body, dict) else None
    if isinstance(service_tier, str):
        return _SERVICE_TIERS.get(service_tier)
    return PriceVariant.FAST if name == "fast" else None
