"""Results of mutations as JSON, to be stored with an idempotency key.

Rows are stored by their keys, and read again as they are then.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from db.postgres.reader import Source
from db.reads.lookup import row_by_column
from db.tables import (
    Model,
    ModelAlias,
    ModelVersion,
    Price,
    Provider,
    ProviderBinding,
    RetentionRun,
    Token,
)
from domain.problems import NotFound, Refused

_TABLES: dict[str, Any] = {
    table.__name__: table
    for table in (
        *(Model, ModelVersion, ProviderBinding, Price, Provider, ModelAlias),
        *(RetentionRun, Token),
    )
}


def stored(result: Any) -> list[Any]:
    """A result as JSON: a row, a value of JSON, or a tuple of rows, lists of rows, and values."""
    is_tuple = isinstance(result, tuple) and _table_of(result) is None  # rows are tuples too
    return [_stored(part) for part in (result if is_tuple else [result])]


async def recalled(source: Source, parts: list[Any]) -> Any:
    """The result that was stored: its first row or value if it is alone, else a tuple.

    A row that was deleted since is None, or left out of its list. Refused when it is the first one.
    """
    rows = await _rows(source, parts)
    result = tuple(_recalled(part, rows) for part in parts)
    if result[0] is None:
        message = "the object that the first call with this key returned has been deleted since"
        raise Refused(NotFound(message, ("idempotencyKey",)))
    return result if len(result) > 1 else result[0]


def _stored(part: Any) -> Any:
    if isinstance(part, list):
        return [_stored(item) for item in part]
    table = _table_of(part)
    return part if table is None else {table.__name__: str(part.id)}


def _table_of(value: Any) -> Any:
    """The table of a row, which was loaded by the ORM or by a reader."""
    table = getattr(value, "__table_class__", type(value))
    return table if table in _TABLES.values() else None


def _recalled(part: Any, rows: dict[str, Any]) -> Any:
    if isinstance(part, list):
        found = [_recalled(item, rows) for item in part]
        return [item for item in found if item is not None]
    return rows.get(_key(part)) if isinstance(part, dict) else part


def _key(reference: dict[str, str]) -> str:
    (key,) = reference.values()
    return key


async def _rows(source: Source, parts: list[Any]) -> dict[str, Any]:
    """The rows that the parts refer to, by their keys; one statement for each table."""
    keys: dict[str, list[UUID]] = defaultdict(list)
    for reference in _references(parts):
        ((table, key),) = reference.items()
        keys[table].append(UUID(key))
    rows: dict[str, Any] = {}
    for table, of_table in keys.items():
        found = await row_by_column(_TABLES[table], "id", source, of_table)
        rows |= {str(key): row for key, row in found.items()}
    return rows


def _references(parts: list[Any]) -> Iterator[dict[str, str]]:
    for part in parts:
        if isinstance(part, list):
            yield from _references(part)
        elif isinstance(part, dict):
            yield part
