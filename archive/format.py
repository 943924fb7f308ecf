"""Archive objects: a version with its bindings and prices, as compressed canonical JSON.

Sorted keys, UTF-8, amounts as decimal strings, times as ISO 8601: the same rows always make the
same bytes. `zstd -dc <object>` shows one to a person; docs/retention.md describes it.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from backports import zstd
from sqlmodel import SQLModel

from db.tables import Model, ModelVersion, Price, Provider, ProviderBinding

FORMAT, FORMAT_VERSION = "model-registry/version", 1

_ABOUT = {
    "format": FORMAT,
    "formatVersion": FORMAT_VERSION,
    "schema": "a version with its model's and providers' names; bindings hold their prices",
    "units": "amounts in USD per 1,000 tokens, latency in milliseconds, times in UTC",
}
_READABLE = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
_BYTES_MAX = 64 * 1024 * 1024  # unpacked; a real one has some KiB


class Corrupt(Exception):
    """Bytes that are no archive of the version."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive gives back: the values of rows, by column."""

    metadata: Any
    bindings: list[dict[str, Any]]
    prices: list[dict[str, Any]]
    providers: Mapping[UUID, str]  # the slugs of the bindings' providers, should one be gone


def pack(
    model: Model,
    version: ModelVersion,
    bindings: Iterable[tuple[ProviderBinding, Provider]],
    prices: Mapping[UUID, list[Price]],
) -> bytes:
    """The archive of a version; `prices` are by the binding's key."""
    content = {
        "about": _ABOUT,
        "model": _values(model),
        "version": _values(version),
        "bindings": [
            {
                **_values(binding),
                "provider": {"id": str(provider.id), "slug": provider.slug, "name": provider.name},
                "prices": [_values(price) for price in prices.get(binding.id, [])],
            }
            for binding, provider in bindings
        ],
    }
    return zstd.compress(_dumped(content))


def unpack(data: bytes, version: ModelVersion) -> Contents:
    """The contents of this version's archive. Raises Corrupt when it is none."""
    try:
        content = json.loads(_decompressed(data))
        about = content["about"]
        if about["format"] != FORMAT or about["formatVersion"] != FORMAT_VERSION:
            raise Corrupt(f"the archive has an unknown format: {about}")
        archived = content["version"]
        if archived["id"] != str(version.id) or archived["content_hash"] != version.content_hash:
            raise Corrupt("the archive is of another version")
        bindings = content["bindings"]
        return Contents(
            metadata=archived["metadata"],
            bindings=[_row(ProviderBinding, binding) for binding in bindings],
            prices=[_row(Price, price) for binding in bindings for price in binding["prices"]],
            providers={UUID(b["provider"]["id"]): b["provider"]["slug"] for b in bindings},
        )
    except (zstd.ZstdError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise Corrupt("the archive cannot be read") from error


def _dumped(content: Any) -> bytes:
    try:
        return orjson.dumps(content, option=_READABLE)
    except orjson.JSONEncodeError:  # integers beyond 64 bits, which JSON columns may hold
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, indent=2, allow_nan=False)
        return text.encode() + b"\n"


def _decompressed(data: bytes) -> bytes:
    unpacking = zstd.ZstdDecompressor()
    text = unpacking.decompress(data, max_length=_BYTES_MAX)
    if not unpacking.eof or unpacking.unused_data:
        raise Corrupt("the archive is cut off, too large, or followed by something")
    return text


def _values(row: SQLModel) -> dict[str, Any]:
    return {name: _plain(getattr(row, key)) for key, (name, _) in _columns(type(row)).items()}


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return format(value, "f")
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            return value


def _row(table: type[SQLModel], archived: Mapping[str, Any]) -> dict[str, Any]:
    """A row's values; a column that is newer than the archive is left to its default."""
    return {
        key: _typed(column, archived[name])
        for key, (name, column) in _columns(table).items()
        if name in archived
    }


def _typed(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    for type_, read in _READERS.items():
        if isinstance(column.type, type_):
            return read(value)
    return value


# Float comes before Numeric, whose subclass it is.
_READERS: dict[type[sa.types.TypeEngine[Any]], Callable[[Any], Any]] = {
    sa.Float: float,
    sa.Numeric: Decimal,
    sa.DateTime: datetime.fromisoformat,
    sa.Date: date.fromisoformat,
    sa.Uuid: UUID,
}


@lru_cache
def _columns(table: type[SQLModel]) -> dict[str, tuple[str, sa.Column[Any]]]:
    """A table's columns and their names, by attribute; orjson takes no subclass of str as a key."""
    attributes = sa.inspect(table).column_attrs
    columns = {a.key: a.columns[0] for a in attributes if isinstance(a.columns[0], sa.Column)}
    return {key: ("".join(column.name), column) for key, column in columns.items()}
