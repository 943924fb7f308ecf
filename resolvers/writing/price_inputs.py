"""The input of a price: its amounts per 1,000 tokens, or all of its components, or both."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from db.tables import Price
from domain import prices, rules
from domain.enums import PriceMeter, PriceUnit, PriceVariant
from domain.prices import PriceComponent
from domain.problems import Invalid, Problem
from resolvers.arguments import input_type, optional, required
from resolvers.writing.inputs import InputColumns


@input_type("What a provider charges for one meter, in one tier and variant.")
class PriceComponentInput:
    meter: PriceMeter = required("What is charged for.")
    unit: PriceUnit = optional("What the amount buys.", default=PriceUnit.TOKENS_1K)
    amount: Decimal = required("US dollars for one unit, with at most ten decimals; 0 is free.")
    above_input_tokens: int = optional(
        "The tier: the amount holds for the whole call when it has more input tokens than this; 0"
        " is the base.",
        default=0,
    )
    variant: PriceVariant = optional(
        "The way of calling that it is for.", default=PriceVariant.STANDARD
    )


@input_type(
    "A price in US dollars; null is unknown, 0 is free. The amounts per 1,000 tokens are its"
    " STANDARD components without a tier: with components, they may be left out, and must not"
    " differ."
)
class PriceInput:
    input_per_1k: Decimal | None = optional("For input tokens.", name="inputPer1k")
    output_per_1k: Decimal | None = optional("For output tokens.", name="outputPer1k")
    cache_read_per_1k: Decimal | None = optional(
        "For input tokens that the provider reads from its cache.", name="cacheReadPer1k"
    )
    cache_write_per_1k: Decimal | None = optional(
        "For input tokens that the provider writes to its cache.", name="cacheWritePer1k"
    )
    components: list[PriceComponentInput] | None = optional(
        f"The whole price: up to {rules.PRICE_COMPONENTS_MAX} components, each meter, unit, tier"
        " and variant once; by default those of the amounts per 1,000 tokens."
    )
    effective_from: datetime | None = optional("When the price takes effect; now by default.")
    source: str | None = optional("Where the price comes from, up to 255 characters.")


_COLUMNS = InputColumns(PriceInput, Price, rules.PRICE)
_COMPONENT_RULES = {"amount": rules.money, "above_input_tokens": rules.at_least(0)}


def read(input: PriceInput) -> tuple[dict[str, Any], list[Problem]]:
    """The values of the price's columns, and what is wrong with the input."""
    values = _COLUMNS.values(input)
    said = values.pop("components")
    problems: list[Problem] = _COLUMNS.problems(values)
    if said is None:
        components = prices.of_columns(values)
    else:
        components = tuple(PriceComponent(**vars(each)) for each in said)
        problems += [*_wrong(components), *_contradictions(values, components)]
        values |= prices.columns(components)
    if problems:  # an amount may be no number
        return values, problems
    return {**values, "components": prices.to_json(components)}, []


def _wrong(components: Sequence[PriceComponent]) -> Iterator[Problem]:
    if len(components) > rules.PRICE_COMPONENTS_MAX:
        message = f"components must be at most {rules.PRICE_COMPONENTS_MAX}, not {len(components)}"
        yield Invalid(message, ("components",))
        return
    seen = set[tuple[Any, ...]]()
    for n, each in enumerate(components):
        for problem in rules.breaches(each._asdict(), _COMPONENT_RULES):
            yield problem.within("components", str(n))
        key = (each.meter, each.unit, each.above_input_tokens, each.variant)
        if key in seen:
            message = "another component has the same meter, unit, aboveInputTokens and variant"
            yield Invalid(message, ("components", str(n), "meter"))
        seen.add(key)


def _contradictions(
    values: Mapping[str, Any], components: Sequence[PriceComponent]
) -> Iterator[Problem]:
    for column, amount in prices.columns(components).items():
        if values[column] is not None and values[column] != amount:
            name = rules.api_name(column)
            found = "is not among the components" if amount is None else f"is {amount} there"
            yield Invalid(f"{name} contradicts components: it {found}", (name,))
