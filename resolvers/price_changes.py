"""Changes of prices over all bindings."""

from typing import Any

import strawberry

from db.reads import bindings, price_changes, prices
from db.reads.price_changes import PriceChange
from db.reads.prices import DatedPrice
from db.tables import ProviderBinding
from resolvers import connections
from resolvers.arguments import input_type, optional
from resolvers.context import Info
from resolvers.filters import FILTER_DESCRIPTION, DateTimeRange
from resolvers.orders import Order, OrderDirection
from resolvers.parents import parents_of
from resolvers.reference_inputs import ModelRef

_prices_by_ids: Any = prices.by_ids


@input_type(FILTER_DESCRIPTION)
class PriceChangeFilter:
    at: DateTimeRange | None = optional("Changes that take effect in this period.")
    bindings: list[strawberry.ID] | None = optional("Changes of one of these bindings.")
    models: list[ModelRef] | None = optional("Changes of bindings of one of these models.")
    providers: list[str] | None = optional(
        "Changes of bindings of one of these providers, by slug."
    )


page = connections.of_all(
    price_changes.LISTING,
    "The prices that took the place of another one, and those that will, latest first.",
    filter=PriceChangeFilter,
    default=Order("AT", OrderDirection.DESC),
)


async def bindings_of_changes(info: Info, parents: list[PriceChange]) -> list[ProviderBinding]:
    """The binding that has the price."""
    return await parents_of(info, [row.binding_id for row in parents], bindings.by_ids)


async def before(info: Info, parents: list[PriceChange]) -> list[DatedPrice]:
    """The price that held until then."""
    return await parents_of(info, [row.before_id for row in parents], _prices_by_ids)


async def after(info: Info, parents: list[PriceChange]) -> list[DatedPrice]:
    """The price that holds from then on."""
    return await parents_of(info, [row.id for row in parents], _prices_by_ids)
