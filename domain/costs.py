"""What a call costs, by the components of a price.

Input tokens include those read from and written to the cache and those of audio; output tokens
include those of reasoning and of audio. What has no component of its own is charged as input or
output. The tier is that of all input tokens, and holds for the whole call.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Context, Decimal
from typing import NamedTuple

from domain import rules
from domain.enums import PriceMeter, PriceUnit, PriceVariant
from domain.prices import PriceComponent

_EXACT = Context(prec=60)  # of an amount with 20 digits and a count with 10, no digit is lost
_PARTS = {
    PriceMeter.INPUT: (PriceMeter.CACHE_READ, PriceMeter.CACHE_WRITE, PriceMeter.AUDIO_INPUT),
    PriceMeter.OUTPUT: (PriceMeter.REASONING, PriceMeter.AUDIO_OUTPUT),
}
_PER = {PriceUnit.TOKENS_1K: Decimal("0.001")}  # of one unit; others are counted one by one


class Usage(NamedTuple):
    """What a call uses: tokens, images that are answered, and requests."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    audio_input_tokens: int = 0
    audio_output_tokens: int = 0
    images: int = 0
    requests: int = 1
    variant: PriceVariant = PriceVariant.STANDARD


class CostPart(NamedTuple):
    """The cost of one meter, in US dollars."""

    meter: PriceMeter
    quantity: Decimal
    amount: Decimal


class CostEstimate(NamedTuple):
    """The cost in US dollars; `amount` is None unless all that is used is priced."""

    amount: Decimal | None
    parts: list[CostPart]
    unpriced: list[PriceMeter]


def problem(usage: Usage) -> str | None:
    """What is wrong with the usage, naming its field; None if nothing is."""
    for name, value in usage._asdict().items():
        if name != "variant" and value < 0:
            return f"{rules.api_name(name)} must be 0 or more, not {value}"
    of_input = usage.cache_read_tokens + usage.cache_write_tokens + usage.audio_input_tokens
    if of_input > usage.input_tokens:
        return f"inputTokens must include the {of_input} tokens of cache and audio"
    of_output = usage.reasoning_tokens + usage.audio_output_tokens
    if of_output > usage.output_tokens:
        return f"outputTokens must include the {of_output} tokens of reasoning and audio"
    return None


def estimate(components: Iterable[PriceComponent], usage: Usage) -> CostEstimate:
    """The cost of a call without a `problem`."""
    amounts = _amounts(list(components), usage)
    parts: list[CostPart] = []
    unpriced: list[PriceMeter] = []
    for meter, unit, quantity in _used(amounts, usage):
        amount = amounts.get((meter, unit))
        if amount is not None:
            cost = _EXACT.multiply(_EXACT.multiply(amount, quantity), _PER.get(unit, Decimal(1)))
            parts.append(CostPart(meter, Decimal(quantity), cost))
        elif meter is not PriceMeter.REQUEST:  # calls are free where they have no price
            unpriced.append(meter)
    total = sum((part.amount for part in parts), Decimal(0))
    return CostEstimate(None if unpriced else total, parts, unpriced)


_Amounts = Mapping[tuple[PriceMeter, PriceUnit], Decimal]


def _amounts(components: list[PriceComponent], usage: Usage) -> _Amounts:
    """The amount that holds for the call, of each meter and unit.

    A meter without a component of the variant costs as in STANDARD, but where the variant has no
    component at all its price is unknown.
    """
    of_variant = [each for each in components if each.variant is usage.variant]
    if not of_variant:
        return {}
    own = {(each.meter, each.unit) for each in of_variant}
    standard = (each for each in components if each.variant is PriceVariant.STANDARD)
    others = (each for each in standard if (each.meter, each.unit) not in own)
    holding = [
        each
        for each in (*of_variant, *others)
        if each.above_input_tokens == 0 or usage.input_tokens > each.above_input_tokens
    ]
    ascending = sorted(holding, key=lambda each: each.above_input_tokens)
    return {(each.meter, each.unit): each.amount for each in ascending}


def _used(amounts: _Amounts, usage: Usage) -> Iterator[tuple[PriceMeter, PriceUnit, int]]:
    counts = {
        PriceMeter.INPUT: usage.input_tokens,
        PriceMeter.OUTPUT: usage.output_tokens,
        PriceMeter.CACHE_READ: usage.cache_read_tokens,
        PriceMeter.CACHE_WRITE: usage.cache_write_tokens,
        PriceMeter.AUDIO_INPUT: usage.audio_input_tokens,
        PriceMeter.REASONING: usage.reasoning_tokens,
        PriceMeter.AUDIO_OUTPUT: usage.audio_output_tokens,
    }
    tokens = PriceUnit.TOKENS_1K
    for whole, meters in _PARTS.items():
        # charged apart; where neither is priced, the meter is named as well
        apart = [m for m in meters if (m, tokens) in amounts or (whole, tokens) not in amounts]
        yield from ((m, tokens, counts[m]) for m in apart if counts[m])
        if rest := counts[whole] - sum(counts[m] for m in apart):
            yield whole, tokens, rest
    if usage.images:
        yield PriceMeter.IMAGE_OUTPUT, PriceUnit.IMAGE, usage.images
    if usage.requests:
        yield PriceMeter.REQUEST, PriceUnit.REQUEST, usage.requests
