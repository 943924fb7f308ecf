"""Rows of one table by the values of one column; one statement for all values."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, columns_of, labelled
from db.reads.keyset import among


async def one_by(
    source: Source,
    table: type[SQLModel],
    column: str,
    keys: Sequence[Any],
    attributes: frozenset[str] | None = None,
) -> dict[Any, Any]:
    """The row of each key of a unique column, those that exist."""
    query = _query(table, column, columns_of(table, attributes), None)
    return await reader.row_by_key(source, query, keys)


async def several_by(
    source: Source,
    table: type[SQLModel],
    column: str,
    keys: Sequence[Any],
    order: str,
) -> dict[Any, list[Any]]:
    """The rows of each key, in the order of another column; none for a key without rows."""
    query = _query(table, column, columns_of(table, None), order)
    found = await reader.rows_by_key(source, query, keys)
    return {key: found.get(key, []) for key in keys}


@lru_cache(maxsize=1_000)
def _query(
    table: type[SQLModel], column: str, columns: tuple[str, ...], order: str | None
) -> Query:
    def build() -> sa.Select[Any]:
        wanted = getattr(table, column)
        statement = sa.select(*labelled(table, columns), wanted.label("parent"))
        statement = statement.where(among(wanted, sa.bindparam("keys")))
        return statement if order is None else statement.order_by(getattr(table, order))

    return Query(("by", table, column, columns, order), build, {}, table)
