"""What a catalog says, entry by entry: the common form of all sources.

An entry is stored as JSON in `catalog_entries.said`, so that later imports can group and merge the
entries of all catalogs again. None is "the catalog does not say"; an empty list of capabilities is
"none".
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, NamedTuple

from domain import prices
from domain.enums import Capability, TaskType
from domain.prices import PriceComponent


class SaidPrice(NamedTuple):
    """A price from a day on (midnight UTC); None: the catalog does not say since when."""

    effective_from: date | None
    components: tuple[PriceComponent, ...]

    @property
    def starts(self) -> datetime | None:
        """The time at which it takes effect."""
        return prices.start_of(self.effective_from)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The values of an entry, by the row that they belong to. None: the catalog does not say."""

    # of the binding; prices are sorted by their start, the one without a start first
    sunset_on: date | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: tuple[Capability, ...] | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    priority: int | None = None
    prices: tuple[SaidPrice, ...] = ()
    # of the version
    released_on: date | None = None
    deprecated: bool | None = None
    # of the model
    task: TaskType | None = None
    description: str | None = None
    # of the provider
    provider_name: str | None = None
    api_base: str | None = None
    docs_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One binding in a catalog.

    `key` is unique in the catalog and never changes. `raw_name` is the provider's own spelling of
    the model, with the catalog's prefixes of provider and region removed; names.py and grouping.py
    find the model and the version from it. `same_as` has explicit links of the catalog: raw names
    that this provider gives the same model.
    """

    key: str
    provider: str  # a slug
    provider_model_id: str
    region: str | None
    raw_name: str
    same_as: tuple[str, ...] = ()
    said: Said = Said()


class Remark(NamedTuple):
    """An entry that was skipped, ignored, read in part, or is suspicious, and the reason."""

    entry: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """The content of one source, which is complete: what it does not hold is no longer listed.

    Entries that cannot be understood are `skipped`; those that are understood, and are no bindings,
    are `ignored`.
    """

    catalog: str  # a slug
    precedence: int
    url: str | None
    file_hash: str  # SHA-256 of the uncompressed file, in hex
    entries: tuple[Entry, ...]
    skipped: tuple[Remark, ...] = ()
    ignored: tuple[Remark, ...] = ()
    partial: tuple[Remark, ...] = ()
    suspicious: tuple[Remark, ...] = ()


def to_json(entry: Entry) -> dict[str, Any]:
    """The entry as it is stored, without its key and without what it does not say."""
    said = {
        field.name: _STORED.get(field.name, _as_is)(value)
        for field in fields(Said)
        if (value := getattr(entry.said, field.name)) is not None
    }
    return {
        "provider": entry.provider,
        "provider_model_id": entry.provider_model_id,
        "region": entry.region,
        "raw_name": entry.raw_name,
        "same_as": list(entry.same_as),
        "said": said,
    }


def from_json(key: str, stored: dict[str, Any]) -> Entry:
    """The entry that `to_json` stored."""
    said = {name: _READ.get(name, _as_is)(value) for name, value in stored["said"].items()}
    return Entry(
        key=key,
        provider=stored["provider"],
        provider_model_id=stored["provider_model_id"],
        region=stored["region"],
        raw_name=stored["raw_name"],
        same_as=tuple(stored["same_as"]),
        said=Said(**said),
    )


def _as_is(value: Any) -> Any:
    return value


def _price_to_json(price: SaidPrice) -> dict[str, Any]:
    start = price.effective_from.isoformat() if price.effective_from else None
    return {"effective_from": start, "components": prices.to_json(price.components)}


def _price_from_json(stored: dict[str, Any]) -> SaidPrice:
    start = stored["effective_from"]
    return SaidPrice(
        date.fromisoformat(start) if start else None, prices.from_json(stored["components"])
    )


_STORED: dict[str, Callable[[Any], Any]] = {
    "sunset_on": date.isoformat,
    "released_on": date.isoformat,
    "capabilities": lambda values: sorted(value.value for value in values),
    "prices": lambda values: [_price_to_json(price) for price in values],
    "task": lambda value: value.value,
}
_READ: dict[str, Callable[[Any], Any]] = {
    "sunset_on": date.fromisoformat,
    "released_on": date.fromisoformat,
    "capabilities": lambda values: tuple(Capability(value) for value in values),
    "prices": lambda values: tuple(_price_from_json(price) for price in values),
    "task": TaskType,
}
