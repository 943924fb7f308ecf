"""Mutations of prices."""

from typing import Annotated, Any, NamedTuple

import strawberry

from db.reads import prices as reads
from db.reads.prices import DatedPrice
from db.tables import Price, ProviderBinding
from db.writes import prices as writes
from db.writes import rows
from domain import ids
from resolvers import references
from resolvers.arguments import IDEMPOTENCY_KEY, describe, input_type, optional, required
from resolvers.context import Info
from resolvers.reference_inputs import BindingRef
from resolvers.writing import price_inputs
from resolvers.writing.price_inputs import PriceInput
from resolvers.writing.transaction import refuse_if_any, write


@input_type("A price to add to a binding.")
class SetPriceInput:
    binding: BindingRef = required("The binding.")
    price: PriceInput = required("The price.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("A price to withdraw.")
class WithdrawPriceInput:
    price: strawberry.ID = required(
        "The price: one that takes effect later, or the one in effect if no catalog says it."
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


class PricedBinding(NamedTuple):
    """A binding and a price of it; None if there is none, or both have been deleted meanwhile."""

    binding: ProviderBinding
    price: DatedPrice | None


async def set_price(
    info: Info, input: Annotated[SetPriceInput, describe("The binding and its price.")]
) -> PricedBinding:
    """Add a price that takes effect at a time; earlier prices stay.

    It holds until withdrawPrice: prices of catalogs that would take effect after it are deleted.
    """
    values, problems = price_inputs.read(input.price)
    refuse_if_any(input, (problem.within("price") for problem in problems))

    async def insert_price(session: Any) -> tuple[ProviderBinding, Price]:
        key = await references.binding_key(session, input.binding)
        binding = await rows.lock(session, ProviderBinding, key)
        return binding, await writes.set_price(session, key, values)

    binding, price = await write(info, input, insert_price)
    added: dict[Any, Any] = await reads.by_ids(info.context.db.reader, [price.id])
    return PricedBinding(binding, added.get(price.id))


async def withdraw(
    info: Info, input: Annotated[WithdrawPriceInput, describe("The price.")]
) -> PricedBinding:
    """Withdraw a price: delete one that takes effect later, or end an operator's price.

    After an operator's price holds what the owning catalog says; where no catalog says a price, the
    one before it, else none. INVALID_STATE for the price of a catalog that is in effect, and for
    one that another price has followed. A scheduled price that a catalog still says comes back with
    its next import.
    """
    refuse_if_any(input)

    async def withdraw_price(session: Any) -> ProviderBinding:
        key = references.decoded(ids.PRICE, input.price, "price")
        return await writes.withdraw(session, key)

    binding = await write(info, input, withdraw_price, action="PRICE:WITHDRAWN")
    price = (await reads.in_effect(info.context.db.reader, [binding.id], None)).get(binding.id)
    return PricedBinding(binding, price if price is not None and price.components else None)
