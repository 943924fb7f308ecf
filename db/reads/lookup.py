"""Rows of a table by the values of one column; one statement for all values."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, columns_of, labelled
from db.reads.keyset import among
from db.tables.columns import lower

RowT = TypeVar("RowT", bound=SQLModel)


async def row_by_column(
    table: type[RowT],
    column: str,
    source: Source,
    keys: Sequence[Any],
    attributes: frozenset[str] | None = None,
    *,
    is_lower: bool = False,
) -> dict[Any, RowT]:
    """The row of each key in a unique column; a key without a row is missing.

    With `is_lower` the column's text in lower case is unique, and the keys are in lower case.
    """
    query = _query(table, column, columns_of(table, attributes), None, is_lower)
    return await reader.row_by_key(source, query, keys)


async def rows_by_column(
    table: type[RowT], column: str, source: Source, keys: Sequence[Any], *, order: str
) -> dict[Any, list[RowT]]:
    """The rows of each key, sorted by another column; an empty list for a key without rows."""
    query = _query(table, column, columns_of(table, None), order)
    rows_of = await reader.rows_by_key(source, query, keys)
    return {key: rows_of.get(key, []) for key in keys}


async def rows_after(
    table: type[RowT],
    condition: Callable[[], sa.ColumnElement[bool]],
    source: Source,
    key: UUID,
    count: int,
) -> list[RowT]:
    """The next `count` rows after this id that meet the condition, in the order of their ids."""

    def build() -> sa.Select[Any]:
        column: Any = table.id  # type: ignore[attr-defined]  # such tables are Rows
        after = column > sa.bindparam("key", type_=sa.Uuid())
        statement = sa.select(*labelled(table)).where(after, condition())
        return statement.order_by(column).limit(sa.bindparam("count", type_=sa.Integer()))

    query = Query(("after", table, condition), build, {"key": key, "count": count}, table)
    return await reader.rows(source, query)


@lru_cache(maxsize=1_000)
def _query(
    table: type[SQLModel],
    column: str,
    columns: tuple[str, ...],
    order: str | None,
    is_lower: bool = False,
) -> Query:
    def build() -> sa.Select[Any]:
        parent = getattr(table, column)
        parent = lower(parent) if is_lower else parent
        statement = sa.select(*labelled(table, columns), parent.label("parent"))
        statement = statement.where(among(parent, sa.bindparam("keys")))
        return statement if order is None else statement.order_by(getattr(table, order))

    return Query(("by", table, column, columns, order, is_lower), build, {}, table)
