"""What calls of bindings cost."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated

from db.reads import prices
from db.tables import ProviderBinding
from domain import costs
from domain.costs import CostEstimate, Usage
from domain.enums import PriceVariant
from resolvers.arguments import describe, input_type, optional
from resolvers.context import Info
from resolvers.errors import RequestError
from resolvers.parents import loaded

_COMPONENTS = frozenset(("component_list",))


@input_type("What a call uses.")
class UsageInput:
    input_tokens: int = optional(
        "All input tokens, with those of cache and audio. They choose the tier of the whole call.",
        default=0,
    )
    output_tokens: int = optional(
        "All output tokens, with those of reasoning and audio.", default=0
    )
    cache_read_tokens: int = optional(
        "Of inputTokens, those that the provider reads from its cache.", default=0
    )
    cache_write_tokens: int = optional(
        "Of inputTokens, those that the provider writes to its cache, for its usual time.",
        default=0,
    )
    reasoning_tokens: int = optional("Of outputTokens, those of reasoning.", default=0)
    audio_input_tokens: int = optional(
        "Of inputTokens, those of audio, without those of the cache.", default=0
    )
    audio_output_tokens: int = optional("Of outputTokens, those of audio.", default=0)
    images: int = optional("Images that are answered and charged one by one.", default=0)
    requests: int = optional("Calls; free where they have no price of their own.", default=1)
    variant: PriceVariant = optional("The way of calling.", default=PriceVariant.STANDARD)


async def estimates(
    info: Info,
    parents: Sequence[ProviderBinding],
    usage: Annotated[UsageInput, describe("What the call uses.")],
    at: Annotated[datetime | None, describe("The time of the call; now by default.")] = None,
) -> list[CostEstimate]:
    """What a call costs at the price in effect.

    Tokens of cache, reasoning and audio without a component of their own are charged as input or
    output. A meter without a component of the variant is charged as in STANDARD, unless the price
    has none of the variant at all. BAD_USER_INPUT for negative counts, and for parts of more tokens
    than the whole.
    """
    used = Usage(**vars(usage))
    wrong = costs.problem(used)
    if wrong is not None:
        raise RequestError(f"usage.{wrong}")
    load = partial(prices.in_effect, at=at, attributes=_COMPONENTS)
    found = await loaded(info, [row.id for row in parents], load)
    return [costs.estimate(price.component_list if price else (), used) for price in found]
