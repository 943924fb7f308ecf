"""The type PriceChange."""

from datetime import datetime
from decimal import Decimal

import resolvers.price_changes
from db.reads import price_changes
from schema.bindings import Price, ProviderBinding
from schema.fields import attribute, batched, type_of

_NULL = "null when it is unknown"
_CHANGE = (
    "The change of {} as a share of the one before: 0.25 is a quarter more, -0.5 is half; null when"
    " one of them is unknown or the one before is 0."
)


@type_of(
    price_changes.PriceChange,
    "A price that takes the place of another one of its binding. A binding's first price is none,"
    " nor is a price with the same components as the one before. Other components than those of"
    " the amounts here can have changed: before and after have them.",
)
class PriceChange:
    at: datetime = attribute("When it takes effect.")
    scheduled: bool = attribute("Whether it takes effect later.")
    binding: ProviderBinding = batched(resolvers.price_changes.bindings_of_changes, "binding_id")
    input_before: Decimal | None = attribute(
        f"The inputPer1k of the price before; {_NULL}.", name="inputPer1kBefore"
    )
    input_after: Decimal | None = attribute(
        f"The inputPer1k of the new price; {_NULL}.", name="inputPer1kAfter"
    )
    input_change: float | None = attribute(_CHANGE.format("inputPer1k"))
    output_before: Decimal | None = attribute(
        f"The outputPer1k of the price before; {_NULL}.", name="outputPer1kBefore"
    )
    output_after: Decimal | None = attribute(
        f"The outputPer1k of the new price; {_NULL}.", name="outputPer1kAfter"
    )
    output_change: float | None = attribute(_CHANGE.format("outputPer1k"))
    source: str | None = attribute(
        "Where the new price comes from, for example a catalog; null when not stated. It is"
        " withdrawn where the price before was withdrawn and no other is known."
    )
    before: Price = batched(resolvers.price_changes.before, "before_id")
    after: Price = batched(resolvers.price_changes.after, "id")
