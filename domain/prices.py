"""Prices as sets of components: what each meter costs per unit, by tier and variant."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple, Protocol, TypeVar

from domain.enums import PriceMeter, PriceUnit, PriceVariant


class PriceComponent(NamedTuple):
    """US dollars for one unit of a meter.

    `above_input_tokens` is the tier: the amount holds for the whole call when it has more input
    tokens than this; 0 is the base, which holds also for a call without any.
    """

    meter: PriceMeter
    unit: PriceUnit
    amount: Decimal
    above_input_tokens: int = 0
    variant: PriceVariant = PriceVariant.STANDARD


class Dated(Protocol):
    """What starts at a time; None: the start is unknown, and before every other."""

    @property
    def starts(self) -> datetime | None: ...


T = TypeVar("T", bound=Dated)

UNKNOWN_START = datetime.min.replace(tzinfo=UTC)  # in comparisons
# The source of a price without components: the price was withdrawn, and no other is known.
WITHDRAWN = "withdrawn"
# The columns of a price, and the meters whose STANDARD base component, in tokens, they repeat.
COLUMNS = {
    "input_per_1k": PriceMeter.INPUT,
    "output_per_1k": PriceMeter.OUTPUT,
    "cache_read_per_1k": PriceMeter.CACHE_READ,
    "cache_write_per_1k": PriceMeter.CACHE_WRITE,
}


def to_json(components: Iterable[PriceComponent]) -> list[dict[str, Any]]:
    """The components as they are stored: equal sets give equal JSON, amounts are text."""
    return [
        {
            "meter": component.meter.value,
            "unit": component.unit.value,
            "amount": format(component.amount.normalize(), "f"),
            "aboveInputTokens": component.above_input_tokens,
            "variant": component.variant.value,
        }
        for component in sorted(components, key=_order)
    ]


def from_json(stored: Iterable[dict[str, Any]]) -> tuple[PriceComponent, ...]:
    """The components that `to_json` stored."""
    return tuple(
        PriceComponent(
            PriceMeter(each["meter"]),
            PriceUnit(each["unit"]),
            Decimal(each["amount"]),
            each["aboveInputTokens"],
            PriceVariant(each["variant"]),
        )
        for each in stored
    )


def columns(components: Iterable[PriceComponent]) -> dict[str, Decimal | None]:
    """The values of COLUMNS; None where there is no such component."""
    base = {
        component.meter: component.amount
        for component in components
        if component.unit is PriceUnit.TOKENS_1K
        and component.above_input_tokens == 0
        and component.variant is PriceVariant.STANDARD
    }
    return {column: base.get(meter) for column, meter in COLUMNS.items()}


def of_columns(amounts: Mapping[str, Any]) -> tuple[PriceComponent, ...]:
    """The components that the values of COLUMNS say; None, or a missing column, says none."""
    return tuple(
        PriceComponent(meter, PriceUnit.TOKENS_1K, Decimal(amounts[column]))
        for column, meter in COLUMNS.items()
        if amounts.get(column) is not None
    )


def is_withdrawn(source: str | None, components: Iterable[Any]) -> bool:
    """Whether a price says only that the one before it was withdrawn: it is nobody's price."""
    return source == WITHDRAWN and not [*components]


def is_operators(source: str | None, components: Iterable[Any], catalogs: Collection[str]) -> bool:
    """Whether an operator says the price: no catalog does, and it is not one that was withdrawn."""
    return source not in catalogs and not is_withdrawn(source, components)


def start_of(day: date | None) -> datetime | None:
    """When a price starts that a catalog says from a day on: at midnight UTC."""
    return None if day is None else datetime.combine(day, time(), UTC)


def in_effect(found: Iterable[T], moment: datetime) -> T | None:
    """The newest price that has started; None where none has."""
    started = [each for each in found if (each.starts or UNKNOWN_START) <= moment]
    return max(started, key=lambda each: each.starts or UNKNOWN_START, default=None)


def _order(component: PriceComponent) -> tuple[Any, ...]:
    return (component.variant, component.meter, component.unit, component.above_input_tokens)
