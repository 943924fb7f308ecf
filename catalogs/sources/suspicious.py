"""What is probably wrong in a catalog. It is imported as it is, and reported."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median

from catalogs.entry import Entry, Remark
from domain.enums import PriceUnit
from domain.prices import PriceComponent, columns, in_effect

PER_1K_MAX = Decimal(10)  # US dollars for 1,000 tokens
FACTOR = 20
FIRST_YEAR = 2018
YEARS_AHEAD = 10
Binding = tuple[str, str, str | None]
Amounts = dict[str, Decimal | None]
OfModel = tuple[str, Entry]  # the key of the model, and an entry of it
_COMPARED = {"input_per_1k": "input", "output_per_1k": "output"}


def of_file(entries: Iterable[Entry]) -> list[Remark]:
    """The prices, dates and contradictions in one file that look wrong."""
    found = list(entries)
    last = datetime.now(UTC).year + YEARS_AHEAD
    return [
        *(remark for entry in found for remark in _of_entry(entry, last)),
        *_contradictions(found),
    ]


def of_models(file: Iterable[OfModel], stored: Iterable[OfModel]) -> list[Remark]:
    """The prices of a file that are far from those of the same model's other bindings.

    `stored` has the entries of the other catalogs. What is compared is the base price of input and
    of output, as of the newest price that has started.
    """
    own = [(model, entry, _base(entry)) for model, entry in file]
    by_model: dict[str, dict[Binding, Amounts]] = defaultdict(dict)
    for model, entry, base in (*own, *((model, entry, _base(entry)) for model, entry in stored)):
        by_model[model].setdefault(_binding(entry), base)
    far = (
        (entry.key, "; ".join(_far(base, _without(by_model[model], _binding(entry)))))
        for model, entry, base in own
    )
    return [Remark(key, reason) for key, reason in far if reason]


def _without(bindings: dict[Binding, Amounts], own: Binding) -> list[Amounts]:
    return [base for binding, base in bindings.items() if binding != own]


def _far(base: Amounts, others: list[Amounts]) -> Iterator[str]:
    for column, name in _COMPARED.items():
        price = base[column]
        known = [each for other in others if (each := other[column]) is not None]
        middle = median(known) if known else None
        if price is None or not middle:  # what others give away is no measure
            continue
        if price > middle * FACTOR or price * FACTOR < middle:
            reason = f"its {name} costs {_shown(price)} USD per 1,000 tokens, and the median"
            yield f"{reason} of the model's other bindings ({len(known)}) is {_shown(middle)}"


def _base(entry: Entry) -> Amounts:
    """The base amounts of the newest price that has started."""
    price = in_effect(entry.said.prices, datetime.now(UTC))
    return columns(price.components if price else ())


def _of_entry(entry: Entry, last: int) -> Iterator[Remark]:
    dates = [("its sunset", entry.said.sunset_on), ("its release", entry.said.released_on)]
    dates += [("the start of a price", price.effective_from) for price in entry.said.prices]
    for what, day in dates:
        if day is not None and not FIRST_YEAR <= day.year <= last:
            yield Remark(entry.key, f"{what} is on {day}")
    for price in entry.said.prices:
        for component in price.components:
            if component.unit is PriceUnit.TOKENS_1K and component.amount > PER_1K_MAX:
                yield Remark(entry.key, f"{_named(component)} is above {PER_1K_MAX} USD")


def _named(component: PriceComponent) -> str:
    return f"{component.meter} costs {_shown(component.amount)} USD per 1,000 tokens, which"


def _contradictions(entries: list[Entry]) -> Iterator[Remark]:
    """Entries of one binding that have different prices."""
    bindings: dict[Binding, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.said.prices:
            bindings[_binding(entry)].append(entry)
    for same in bindings.values():
        first, *others = sorted(same, key=lambda entry: entry.key)
        for other in others:
            if set(other.said.prices) != set(first.said.prices):
                reason = "another price than this entry of the same binding, which is imported"
                yield Remark(other.key, f"it has {reason}: {first.key}")


def _binding(entry: Entry) -> Binding:
    return entry.provider, entry.provider_model_id, entry.region


def _shown(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
