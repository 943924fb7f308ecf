"""An oracle: genai-prices' own calc_price, for all its models, tiers and dates of changes."""

import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import genai_prices.data
from genai_prices import Usage as TheirUsage
from genai_prices import types

from catalogs.entry import SaidPrice
from catalogs.sources import genai_prices_components
from domain import costs
from domain.costs import Usage
from domain.enums import PriceMeter, PriceUnit
from domain.prices import PriceComponent

_ROUNDING = Decimal("1e-13")  # of a token, as 1,000 tokens have ten decimals
_FIRST_DAY = date(2024, 1, 1)


def test_costs_are_those_of_genai_prices() -> None:
    skipped: Counter[str] = Counter()
    compared = differences = 0
    for provider in genai_prices.data.providers:
        for info in provider.models:
            reason = _reason_to_skip(info)
            if reason is not None:
                skipped[reason] += 1
                continue
            compared += 1
            differences += sum(_differs(info, provider, *case) for case in _cases(info))
    assert differences == 0
    assert compared > 2_000
    assert sum(skipped.values()) < 0.02 * (compared + sum(skipped.values())), skipped


def _reason_to_skip(info: types.ModelInfo) -> str | None:
    remarks: list[str] = []
    said = genai_prices_components.read(info, remarks)
    if any("time of the day" in remark for remark in remarks):
        return "the price depends on the time of the day"
    units = {each.unit for price in said for each in price.components}
    if said and PriceUnit.TOKENS_1K not in units:
        return "not priced by tokens"
    return None


def _cases(info: types.ModelInfo) -> Iterator[tuple[tuple[PriceComponent, ...], datetime, Usage]]:
    said = genai_prices_components.read(info, [])
    starts = [price.effective_from for price in said if price.effective_from]
    days = {_FIRST_DAY, *(start + timedelta(n) for start in starts for n in (-1, 0, 1))}
    for day in sorted(days):
        components = _in_effect(said, day)
        tiers = {each.above_input_tokens for each in components} | {0}
        for count in {max(0, tier + n) for tier in tiers for n in (-1, 0, 1)} | {1_000}:
            usage = _usage(components, count)
            yield components, datetime(day.year, day.month, day.day, 12, tzinfo=UTC), usage


def _in_effect(said: tuple[SaidPrice, ...], day: date) -> tuple[PriceComponent, ...]:
    started = [each for each in said if each.effective_from is None or each.effective_from <= day]
    return started[-1].components if started else ()


def _usage(components: tuple[PriceComponent, ...], count: int) -> Usage:
    """A usage of all meters that have a price in tokens, and of their parts, priced or not."""
    priced = {each.meter for each in components if each.unit is PriceUnit.TOKENS_1K}
    part = count // 10

    def tokens(whole: PriceMeter, number: int) -> int:
        return number if whole in priced else 0

    return Usage(
        input_tokens=tokens(PriceMeter.INPUT, count),
        output_tokens=tokens(PriceMeter.OUTPUT, 700),
        cache_read_tokens=tokens(PriceMeter.INPUT, part),
        cache_write_tokens=tokens(PriceMeter.INPUT, part),
        audio_input_tokens=tokens(PriceMeter.INPUT, part),
        reasoning_tokens=tokens(PriceMeter.OUTPUT, 200),
        audio_output_tokens=tokens(PriceMeter.OUTPUT, 100),
    )


def _differs(
    info: types.ModelInfo,
    provider: types.Provider,
    components: tuple[PriceComponent, ...],
    at: datetime,
    usage: Usage,
) -> bool:
    ours = costs.estimate(components, usage).amount
    theirs = _theirs(info, provider, at, usage)
    tokens = usage.input_tokens + usage.output_tokens + 1
    return ours is None or abs(ours - theirs) > _ROUNDING * tokens


def _theirs(info: types.ModelInfo, provider: types.Provider, at: datetime, usage: Usage) -> Decimal:
    counts: dict[str, Any] = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "input_audio_tokens": usage.audio_input_tokens,
        "cache_audio_read_tokens": 0,
        "output_audio_tokens": usage.audio_output_tokens,
        "output_reasoning_tokens": usage.reasoning_tokens,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = info.calc_price(TheirUsage(**counts), provider, genai_request_timestamp=at)
    return found.total_price
