"""Pages by keyset: ORDER BY with a row comparison, and the LATERAL form that pages per parent.

A listing says, as data, what may be filtered and ordered by; the two statements here serve all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

Given = Mapping[str, Any]  # condition name -> value; all must hold
Condition = Callable[[Any], sa.ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Key:
    """What a listing can be ordered by: an SQL expression per direction, and its type."""

    ascending: sa.ColumnElement[Any]
    descending: sa.ColumnElement[Any]
    type: sa.types.TypeEngine[Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A table, the conditions its rows can be asked for, and the keys they can be ordered by."""

    table: type[SQLModel]
    conditions: Mapping[str, Condition]
    keys: Mapping[str, Key]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a row stands in an order: its key's value, and its id for the ties."""

    key: Any
    id: UUID


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` rows after one position and before another, taken from either end."""

    key: str
    descending: bool
    limit: int
    after: Position | None = None
    before: Position | None = None
    from_end: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of a window in order, each with its key's value, and whether there are more."""

    rows: Sequence[tuple[Any, Any]]
    has_more: bool


def plain(column: Any) -> Key:
    """A key that is a column which is never NULL."""
    # a cursor's number is compared as 64 bits: then none that a caller makes up is out of range
    type_ = sa.BigInteger() if isinstance(column.type, sa.Integer) else column.type
    return Key(column, column, type_)


def nullable(table: str, column: str, type_name: str, type_: sa.types.TypeEngine[Any]) -> Key:
    """A key that is a nullable column with an index both ways (db.columns.both_ways)."""
    name = f"{table}.{column}"
    return Key(
        sa.literal_column(f"coalesce({name}, 'Infinity'::{type_name})", type_),
        sa.literal_column(f"coalesce({name}, '-Infinity'::{type_name})", type_),
        type_,
    )


def among(column: Any, values: Sequence[Any]) -> sa.ColumnElement[bool]:
    """`column = ANY(values)`: one parameter, so the statement is the same whatever the number."""
    item = sa.Text() if isinstance(column.type, sa.Enum) else column.type
    return column == sa.any_(sa.literal(list(values), ARRAY(item)))  # type: ignore[no-any-return]


def between(column: Any, low: Any, high: Any) -> sa.ColumnElement[bool]:
    """`low <= column <= high`, either bound absent when None."""
    bounds = [column >= low] if low is not None else []
    if high is not None:
        bounds.append(column <= high)
    return sa.and_(sa.true(), *bounds)


async def one_page(session: AsyncSession, listing: Listing, given: Given, window: Window) -> Slice:
    """The window over all rows of a listing that meet the conditions; one statement."""
    result = await session.exec(_select(listing, given, window))  # type: ignore[call-overload]
    return _slice(list(result), window)


async def page_per_parent(
    session: AsyncSession,
    listing: Listing,
    parent: str,
    parent_ids: Sequence[UUID],
    given: Given,
    window: Window,
) -> dict[UUID, Slice]:
    """The window over each parent's rows, `parent` naming the foreign key; one statement for all.

    LATERAL with LIMIT reads just the rows asked for: 2.5 ms for 100 parents, where row_number()
    takes 8.9 ms and fetching all 28 ms.
    """
    parents = (
        sa.func.unnest(sa.literal(list(parent_ids), ARRAY(sa.Uuid())))
        .table_valued(sa.column("id", sa.Uuid()), with_ordinality="place")
        .render_derived(name="parents")
    )
    own = getattr(listing.table, parent) == parents.c.id
    pages = _select(listing, given, window).where(own).lateral("pages")
    entity = sa.orm.aliased(listing.table, pages)
    statement = (
        sa.select(parents.c.id, entity, pages.c.sort_key)
        .join_from(parents, pages, sa.true())
        .order_by(parents.c.place, *_order(pages.c.sort_key, pages.c.id, window))
    )
    found: dict[UUID, list[tuple[Any, Any]]] = {key: [] for key in parent_ids}
    for parent_id, row, key in await session.exec(statement):  # type: ignore[call-overload]
        found[parent_id].append((row, key))
    return {key: _slice(rows, window) for key, rows in found.items()}


async def count(session: AsyncSession, listing: Listing, given: Given) -> int:
    """How many rows of a listing meet the conditions."""
    statement = sa.select(sa.func.count()).select_from(listing.table)
    statement = statement.where(*_conditions(listing, given))
    return int((await session.exec(statement)).scalar_one())  # type: ignore[call-overload]


async def count_per_parent(
    session: AsyncSession, listing: Listing, parent: str, parent_ids: Sequence[UUID], given: Given
) -> dict[UUID, int]:
    """How many of each parent's rows meet the conditions; one statement for all parents."""
    column = getattr(listing.table, parent)
    statement = (
        sa.select(column, sa.func.count())
        .where(among(column, parent_ids), *_conditions(listing, given))
        .group_by(column)
    )
    found = dict((await session.exec(statement)).all())  # type: ignore[call-overload]
    return {key: found.get(key, 0) for key in parent_ids}


def _conditions(listing: Listing, given: Given) -> list[sa.ColumnElement[bool]]:
    return [listing.conditions[name](value) for name, value in given.items()]


def _select(listing: Listing, given: Given, window: Window) -> sa.Select[Any]:
    key = listing.keys[window.key]
    expression = key.descending if window.descending else key.ascending
    id_column = listing.table.id  # type: ignore[attr-defined]  # every listed table is a Row
    place = sa.tuple_(expression, id_column)
    statement = sa.select(listing.table, expression.label("sort_key"))
    statement = statement.where(*_conditions(listing, given))
    for position, forward in ((window.after, True), (window.before, False)):
        if position is not None:
            at = sa.tuple_(sa.literal(position.key, key.type), sa.literal(position.id, sa.Uuid()))
            statement = statement.where(place > at if forward != window.descending else place < at)
    return statement.order_by(*_order(expression, id_column, window)).limit(window.limit + 1)


def _order(key: Any, id_column: Any, window: Window) -> list[Any]:
    if window.descending != window.from_end:
        return [key.desc(), id_column.desc()]
    return [key, id_column]


def _slice(rows: list[Any], window: Window) -> Slice:
    kept = rows[: window.limit]
    if window.from_end:
        kept.reverse()
    return Slice([(row, key) for row, key in kept], has_more=len(rows) > window.limit)
