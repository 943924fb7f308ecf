"""Keyset pagination: ORDER BY with a row comparison, and per parent with a LATERAL join.

A listing says as data which conditions and orders a table has; all share these two statements.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, bound_array, columns_of, labelled, parametrize
from db.reads.keys import Key, Part
from db.reads.windows import Window

_LIMIT = sa.bindparam("limit", type_=sa.Integer())
_SLOW = frozenset(("name_contains", "differs"))  # conditions that may read whole tables

Conditions = Mapping[str, Any]  # a condition's name -> its value; all must hold
Condition = Callable[[Any], sa.ColumnElement[bool]]


@dataclass(frozen=True, slots=True, eq=False)  # by identity, as part of a query's shape
class Listing:
    """A table, the conditions that its rows can be filtered by, and the keys of their orders.

    A class of derived rows (derived.py) can stand for the table.
    """

    table: type[SQLModel]
    conditions: Mapping[str, Condition]
    keys: Mapping[str, Key]


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """A listing with pages per parent, and which rows belong to a parent.

    `parent` is the foreign key to the parent, or a condition on the parent's id.
    """

    listing: Listing
    parent: str | Condition

    def of_parent(self, parent_id: Any) -> sa.ColumnElement[bool]:
        """The rows of the parent with this id."""
        if isinstance(self.parent, str):
            key: Any = getattr(self.listing.table, self.parent)
            return key == parent_id  # type: ignore[no-any-return]  # of Any
        return self.parent(parent_id)


class Slice(NamedTuple):
    """The rows of a window in order, each with its `sort_key`, and whether there are more."""

    rows: list[Any]
    has_more: bool


def among(column: Any, values: Any) -> sa.ColumnElement[bool]:
    """`column = ANY(values)`: with one parameter the statement is the same for any number."""
    return column == sa.any_(bound_array(values, column.type))  # type: ignore[no-any-return]  # of Any


def between(column: Any, low: Any, high: Any) -> sa.ColumnElement[bool]:
    """`low <= column <= high`, without the bounds that are None."""
    bounds = [column >= low] if low is not None else []
    if high is not None:
        bounds.append(column <= high)
    return sa.and_(sa.true(), *bounds)


async def one_page(
    source: Source,
    listing: Listing,
    conditions: Conditions,
    window: Window,
    attributes: frozenset[str] | None = None,
) -> Slice:
    """The window over all rows of a listing that meet the conditions; one statement."""
    shape, placeholders, values = parametrize(conditions)
    columns = columns_of(listing.table, attributes)
    query = Query(
        ("page", listing, window.shape, columns, shape),
        lambda: _select_page(listing, placeholders, window, columns),
        {**values, **window.values},
        listing.table,
        # a condition may hold for one row in 10,000 or for nearly all: a generic plan would look
        # for a rare label row by row, and read far more of a first part than a page
        is_planned_by_values=bool(conditions) or listing.keys[window.key].is_sequence,
        is_slow=listing.keys[window.key].is_slow or not _SLOW.isdisjoint(conditions),
    )
    return _slice(await reader.rows(source, query), window)


async def page_per_parent(
    source: Source,
    relation: Relation,
    parent_ids: Sequence[UUID],
    conditions: Conditions,
    window: Window,
    attributes: frozenset[str] | None = None,
) -> dict[UUID, Slice]:
    """The window over each parent's rows; one statement for all parents.

    LATERAL with LIMIT reads only the requested rows: 2.5 ms for 100 parents, where row_number()
    takes 8.9 ms and fetching all rows 28 ms.
    """
    shape, placeholders, values = parametrize(conditions)
    columns = columns_of(relation.listing.table, attributes)
    query = Query(
        ("pages", relation, window.shape, columns, shape),
        lambda: _select_per_parent(relation, placeholders, window, columns),
        {**values, **window.values},
        relation.listing.table,
        has_ordinals=True,  # an int per row is read and compared faster than a UUID
        is_slow=relation.listing.keys[window.key].is_slow or not _SLOW.isdisjoint(conditions),
    )
    rows_of = await reader.rows_by_key(source, query, parent_ids)
    return {key: _slice(rows_of.get(key, []), window) for key in parent_ids}


async def count(source: Source, listing: Listing, conditions: Conditions) -> int:
    """How many rows of a listing meet the conditions."""
    shape, placeholders, values = parametrize(conditions)

    def build() -> sa.Select[Any]:
        statement = sa.select(sa.func.count().label("total")).select_from(listing.table)
        return statement.where(*_where(listing, placeholders))

    planned = bool(conditions)  # as in one_page
    query = Query(
        ("count", listing, shape), build, values, is_planned_by_values=planned, is_slow=True
    )
    return int((await reader.rows(source, query))[0].total)


async def count_per_parent(
    source: Source, relation: Relation, parent_ids: Sequence[UUID], conditions: Conditions
) -> dict[UUID, int]:
    """How many of each parent's rows meet the conditions; one statement for all parents."""
    shape, placeholders, values = parametrize(conditions)
    parent = relation.parent

    def build() -> sa.Select[Any]:
        where = _where(relation.listing, placeholders)
        if isinstance(parent, str):
            return _select_counts_by_key(getattr(relation.listing.table, parent), where)
        return _select_counts(relation, where)

    query = Query(("counts", relation, shape), build, values, is_slow=True)
    row_of = await reader.row_by_key(source, query, parent_ids)
    return {key: row_of[key].total if key in row_of else 0 for key in parent_ids}


def _where(listing: Listing, conditions: Conditions) -> list[sa.ColumnElement[bool]]:
    return [listing.conditions[name](value) for name, value in conditions.items()]


def _where_in_order(
    listing: Listing, conditions: Conditions, bounds: str, part: Part
) -> list[sa.ColumnElement[bool]]:
    """The rows of the part that meet the conditions; a range of the key is one of its index."""
    if part.within is None or bounds not in conditions:
        return [part.condition, *_where(listing, conditions)]
    others = {name: value for name, value in conditions.items() if name != bounds}
    return [part.condition, part.within(conditions[bounds]), *_where(listing, others)]


def _select_page(
    listing: Listing, conditions: Conditions, window: Window, columns: tuple[str, ...]
) -> sa.Select[Any]:
    key = listing.keys[window.key]
    parts = [part for part in key.parts if part.within or key.bounds not in conditions]
    pages = [_select(listing, conditions, window, columns, part) for part in parts or (None,)]
    if len(pages) == 1:
        return pages[0]
    if key.is_sequence:
        rows = _in_sequence(pages[::-1] if window.from_end else pages)
    else:
        rows = sa.union_all(*pages).subquery("pages")
    statement = sa.select(*rows.c).order_by(*_order(rows.c.sort_key, rows.c.id, window))
    return statement.limit(_LIMIT)


def _in_sequence(pages: Sequence[sa.Select[Any]]) -> Any:
    """The rows of the first page; those of the second page only if the first one is not full."""
    first, second = pages
    found = first.cte("found")
    rows_found = sa.select(sa.func.count()).select_from(found).scalar_subquery()
    return sa.union_all(sa.select(*found.c), second.where(rows_found < _LIMIT)).subquery("pages")


def _select(
    listing: Listing,
    conditions: Conditions,
    window: Window,
    columns: tuple[str, ...],
    part: Part | None = None,
) -> sa.Select[Any]:
    key = part or listing.keys[window.key]
    expression = key.descending if window.descending else key.ascending
    sort_key = sa.type_coerce(expression, listing.keys[window.key].type).label("sort_key")
    id_column: Any = listing.table.id  # type: ignore[attr-defined]  # every listed table is a Row
    statement = sa.select(*labelled(listing.table, columns))
    if part is not None and (part.via is None or part.is_joined):
        bounds = listing.keys[window.key].bounds
        statement = statement.where(*_where_in_order(listing, conditions, bounds, part))
        if part.is_joined:
            statement = statement.join(part.via.class_, part.via == id_column)
            id_column = part.via
        statement = statement.add_columns(sort_key)
        return _ordered(statement, sort_key, id_column, window, part.is_constant).limit(_LIMIT)
    statement = statement.where(*_where(listing, conditions))
    if part is None:
        return _ordered(statement.add_columns(sort_key), sort_key, id_column, window).limit(_LIMIT)
    # OFFSET 0 keeps PostgreSQL from reading the whole listing for a join, and from sorting after it
    other = sa.select(part.via.label("id"), sort_key).where(part.condition)
    ids = _ordered(other, sort_key, part.via, window).offset(0).subquery("ids")
    rows = statement.where(id_column == ids.c.id).correlate(ids).offset(0).lateral("rows")
    joined = sa.select(*rows.c, ids.c.sort_key).join_from(ids, rows, sa.true())
    return joined.order_by(*_order(ids.c.sort_key, ids.c.id, window)).limit(_LIMIT)


def _ordered(
    statement: sa.Select[Any],
    sort_key: Any,
    id_column: Any,
    window: Window,
    is_constant: bool = False,
) -> sa.Select[Any]:
    """The rows between the ends of the window, in its order."""
    key = sort_key.element
    for name, end, is_greater in (
        ("after", window.after, not window.descending),
        ("before", window.before, window.descending),
    ):
        if end is not None:
            bound = (
                sa.bindparam(f"{name}_key", type_=key.type),
                sa.bindparam(f"{name}_id", type_=sa.Uuid()),
            )
            compare = operator.gt if is_greater else operator.lt
            if is_constant:  # PostgreSQL decides by the keys alone before it reads a row
                same = sa.and_(key == bound[0], compare(id_column, bound[1]))
                statement = statement.where(sa.or_(compare(key, bound[0]), same))
            else:
                position = sa.tuple_(key, id_column)
                statement = statement.where(compare(position, sa.tuple_(*bound)))
    return statement.order_by(*_order(key, id_column, window))


def _select_counts_by_key(key: Any, where: Sequence[Any]) -> sa.Select[Any]:
    statement = sa.select(key.label("parent"), sa.func.count().label("total"))
    return statement.where(among(key, sa.bindparam("keys")), *where).group_by(key)


def _select_counts(relation: Relation, where: Sequence[Any]) -> sa.Select[Any]:
    parents = _parents()
    of_parent = relation.of_parent(parents.c.id)
    counted = sa.select(sa.func.count().label("total")).select_from(relation.listing.table)
    counts = counted.where(of_parent, *where).lateral("counts")
    return sa.select(parents.c.id.label("parent"), counts.c.total).join_from(
        parents, counts, sa.true()
    )


def _select_per_parent(
    relation: Relation, conditions: Conditions, window: Window, columns: tuple[str, ...]
) -> sa.Select[Any]:
    parents = _parents()
    page = _select(relation.listing, conditions, window, columns)
    pages = page.where(relation.of_parent(parents.c.id)).lateral("pages")
    return (
        sa.select(*pages.c, parents.c.ordinal)
        .join_from(parents, pages, sa.true())
        .order_by(parents.c.ordinal, *_order(pages.c.sort_key, pages.c.id, window))
    )


def _parents() -> Any:
    keys = sa.func.unnest(bound_array(sa.bindparam("keys"), sa.Uuid()))
    table = keys.table_valued(sa.column("id", sa.Uuid()), with_ordinality="ordinal")
    return table.render_derived(name="parents")


def _order(key: Any, id_column: Any, window: Window) -> list[Any]:
    if window.descending != window.from_end:
        return [key.desc(), id_column.desc()]
    return [key, id_column]


def _slice(rows: list[Any], window: Window) -> Slice:
    kept = rows[: window.limit]
    return Slice(kept[::-1] if window.from_end else kept, len(rows) > window.limit)
