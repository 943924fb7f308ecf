"""What calls of bindings cost."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated

from db.reads import prices
from db.tables import ProviderBinding
from domain import costs
from domain.costs import CostEstimate
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.errors import RequestError
from resolvers.parents import loaded
from resolvers.usage_inputs import UsageInput, usage_of

_COMPONENTS = frozenset(("component_list",))


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
    used = usage_of(usage)
    wrong = costs.problem(used)
    if wrong is not None:
        raise RequestError(f"usage.{wrong}")
    load = partial(prices.in_effect, at=at, attributes=_COMPONENTS)
    found = await loaded(info, [row.id for row in parents], load)
    return [costs.estimate(price.component_list if price else (), used) for price in found]
