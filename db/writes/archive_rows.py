"""Rows to archive values and back: the content of an archive object, as archive.format packs it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from math import isfinite
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from archive.format import Corrupt
from db.tables import Circuit, Model, ModelVersion, Price, Provider, ProviderBinding
from domain import prices

_MADE_UP = datetime(2020, 1, 1, tzinfo=UTC)
_IMPORTED = ("genai-prices", "litellm")
_NESTED = frozenset(
    {"provider", "prices", "circuit"}
)  # what a binding's values hold beside its columns


@dataclass(frozen=True, slots=True)
class ArchivedRows:
    """What a restore writes: the values of rows, by attribute."""

    metadata: Any
    bindings: list[dict[str, Any]]
    prices: list[dict[str, Any]]
    circuits: list[dict[str, Any]]
    providers: Mapping[UUID, str]  # the slugs of the bindings' providers, in case one was deleted


def content_of(
    model: Model,
    version: ModelVersion,
    bindings: Iterable[tuple[ProviderBinding, Provider]],
    prices: Mapping[UUID, list[Price]],
    circuits: Mapping[UUID, Circuit],
) -> dict[str, Any]:
    """The content of a version's archive; `prices` and `circuits` are by the binding's key."""
    return {
        "model": _values(model),
        "version": _values(version),
        "bindings": [
            {
                **_values(binding),
                "provider": {"id": str(provider.id), "slug": provider.slug, "name": provider.name},
                "prices": [_values(price) for price in prices.get(binding.id, [])],
                **({"circuit": _values(circuits[binding.id])} if binding.id in circuits else {}),
            }
            for binding, provider in bindings
        ],
    }


def rows_of(content: Mapping[str, Any]) -> ArchivedRows:
    """The rows in an archive's content.

    Raises Corrupt when a value is not of its column's type, and for a field that is no column: an
    older server would lose what a newer one has archived. The version's own columns are not here,
    because an archived version keeps its row; only its metadata leaves.
    """
    try:
        bindings = content["bindings"]
        return ArchivedRows(
            metadata=content["version"]["metadata"],
            bindings=[_row(ProviderBinding, binding, _NESTED) for binding in bindings],
            prices=[_price(price) for binding in bindings for price in binding["prices"]],
            circuits=[_row(Circuit, b["circuit"]) for b in bindings if "circuit" in b],
            providers={UUID(b["provider"]["id"]): b["provider"]["slug"] for b in bindings},
        )
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise Corrupt("the archive cannot be read") from error


def _values(row: SQLModel) -> dict[str, Any]:
    return {name: _plain(getattr(row, key)) for key, name in _column_names(type(row)).items()}


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return format(value, "f")
        case float() if not isfinite(value):
            return str(value)  # JSON has no infinity: orjson would write null
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            return value


def _row(
    table: type[SQLModel], archived: Mapping[str, Any], nested: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """A row's values, of their columns' types; a column newer than the archive gets its default."""
    names = _column_names(table)
    unknown = ", ".join(sorted(archived.keys() - set(names.values()) - nested))
    if unknown:
        raise Corrupt(f"the archive has fields that this server does not know: {unknown}")
    values = {key: archived[name] for key, name in names.items() if name in archived}
    return table.model_validate(values).model_dump()


def _price(archived: Mapping[str, Any]) -> dict[str, Any]:
    """A price's values; one that was archived before prices had components gets those it says.

    Imports made up the start of such a price when their catalog did not say it.
    """
    values = _row(Price, archived)
    if "components" not in archived:
        values["components"] = prices.to_json(prices.of_columns(values))
        if values["effective_from"] == _MADE_UP and values["source"] in _IMPORTED:
            values["effective_from"] = None
    return values


@lru_cache
def _column_names(table: type[SQLModel]) -> dict[str, str]:
    """The names of a table's columns by attribute, without those that PostgreSQL computes.

    orjson takes no subclass of str as a key.
    """
    attributes = sa.inspect(table).column_attrs
    columns = {a.key: a.columns[0] for a in attributes if isinstance(a.columns[0], sa.Column)}
    return {key: "".join(column.name) for key, column in columns.items() if column.computed is None}
