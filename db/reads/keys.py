"""The sort keys of listings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from db.tables.columns import unknown_last

# What takes the place of an unknown amount, so that it comes last in both directions.
LAST_AMOUNT, FIRST_AMOUNT = (
    sa.literal_column(f"'{sign}Infinity'::numeric", sa.Numeric()) for sign in ("", "-")
)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that meet a condition, and their expressions of a sort key.

    With `via` they are the rows with these ids, of another table that the expressions are of, too.
    That table is read in the key's order; with `is_joined` PostgreSQL chooses which table comes
    first. With `is_constant` the expressions are constants. `within` are the rows of the part in a
    range of the key; None where it has none.
    """

    condition: sa.ColumnElement[bool]
    ascending: sa.ColumnElement[Any]
    descending: sa.ColumnElement[Any]
    via: Any = None
    is_joined: bool = False
    is_constant: bool = False
    within: Callable[[Any], sa.ColumnElement[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A sort key of a listing: an SQL expression per direction, and its type.

    Every row is in one of the `parts`, if there are some: no index holds the whole key then, but
    one page of each part is fast to find, and the page is the first rows of these. With
    `is_sequence` the rows of the first part lie before those of the second one in both directions,
    and the second one is read only when the first one does not fill the page. `bounds` is the
    condition for a range of the key. With `is_slow` the key is computed for every row.
    """

    ascending: sa.ColumnElement[Any]
    descending: sa.ColumnElement[Any]
    type: sa.types.TypeEngine[Any]
    parts: tuple[Part, ...] = ()
    is_sequence: bool = False
    bounds: str = ""
    is_slow: bool = False


def plain(column: Any) -> Key:
    """A key that is a column without NULLs."""
    # 64 bits, so that a number in a forged cursor cannot be out of range
    type_ = sa.BigInteger() if isinstance(column.type, sa.Integer) else column.type
    return Key(column, column, type_)


def nullable(table: str, column: str, type_name: str, type_: sa.types.TypeEngine[Any]) -> Key:
    """A key that is a nullable column, indexed by db.tables.columns.asc_desc_indexes.

    `type_` is that of the key: sa.Double() for a date, which is compared as a number of days.
    """
    name = f"{table}.{column}"
    ascending = unknown_last(name, type_name, descending=False)
    descending = unknown_last(name, type_name, descending=True)
    return Key(sa.literal_column(ascending, type_), sa.literal_column(descending, type_), type_)
