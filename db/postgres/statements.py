"""Statements built from the tables once, compiled to SQL, and run prepared on psycopg.

SQLAlchemy takes 400 us of Python to run a small query, psycopg 80: so SQLAlchemy compiles the SQL
of each shape of query once. A shape is everything that the SQL depends on; the values are
parameters. Only the requested columns are read.
"""

from collections import namedtuple
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from cachetools import LRUCache, cached
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import SQLModel

from db.postgres.memo import by_identity

_SHAPES_MAX = 2_000  # compiled statements kept; each takes some 10 KB
_LONG_TEXTS = frozenset(("description", "changes_text"))  # by the label of the column
_DIALECT: Any = dialect()  # type: ignore[no-untyped-call]  # of SQLAlchemy


@dataclass(frozen=True, slots=True)
class Query:
    """A statement: `build` makes it from the tables, once per `shape`; `values` are its parameters.

    Rows have attributes for the statement's columns, and the properties of `table` if it is set.
    Where rows are loaded by keys, each has its key as `parent`, or the key's position as `ordinal`.
    """

    shape: Hashable
    build: Callable[[], sa.Select[Any] | ReturningUpdate[Any]]
    values: Mapping[str, Any]
    table: Hashable = None
    is_planned_by_values: bool = False  # every time, since the best plan depends on the values
    has_ordinals: bool = False  # rows come in the order of the keys; `ordinal` counts from 1
    is_slow: bool = False  # it may read whole tables: it uses the share of slow statements


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL for psycopg, the parameters that are constant in it, and the class of its rows.

    `long_columns` are the positions of the columns whose values may have thousands of bytes.
    """

    sql: bytes
    constants: Mapping[str, Any]
    row_class: Callable[[Iterable[Any]], Any]
    long_columns: tuple[int, ...]


@cached(LRUCache(_SHAPES_MAX), key=attrgetter("shape"))
def compiled(query: Query) -> Compiled:
    """The query's SQL, compiled on first use of its shape."""
    statement = query.build()
    sql: Any = statement.compile(dialect=_DIALECT)
    processors = sql._bind_processors  # of types whose values must be converted, such as enums
    constants = {
        name: processors[name](value) if name in processors else value
        for name, value in sql.params.items()
        if name not in query.values
    }
    columns = statement.exported_columns
    row = row_class(query.table, tuple(columns.keys()))
    long_columns = (
        index
        for index, (name, column) in enumerate(columns.items())
        if isinstance(column.type, sa.JSON) or name in _LONG_TEXTS
    )
    return Compiled(sql.string.encode(), constants, row, tuple(long_columns))


@lru_cache(maxsize=_SHAPES_MAX)
def row_class(table: Hashable, names: tuple[str, ...]) -> Any:
    """A class of named tuples that can replace rows of the table: it has the table's properties."""
    named: Any = namedtuple("Row", names)  # type: ignore[misc]  # its names are not known to mypy
    # not a subclass: without namedtuple's own __new__, which is Python, a row takes a third less
    attributes: dict[str, Any] = {name: vars(named)[name] for name in names}
    attributes |= {"__slots__": (), "__table_class__": table, "__repr__": named.__repr__}
    if isinstance(table, type):
        attributes |= {k: v for k, v in vars(table).items() if isinstance(v, property)}
    return type(getattr(table, "__name__", "Row"), (tuple,), attributes)


def stands_for(value: object, table: type) -> bool:
    """Whether the value is a row of the table, loaded here or by the ORM."""
    return getattr(value, "__table_class__", None) is table or isinstance(value, table)


@lru_cache(maxsize=_SHAPES_MAX)
def columns_of(table: type[SQLModel], attributes: frozenset[str] | None) -> tuple[str, ...]:
    """The columns that these attributes of a row need, and `id`; None stands for all columns.

    The columns that a property needs are in the table's `PROPERTIES`. A deferred column is read
    only where an attribute names it (db/tables/names.py).
    """
    if attributes is None:
        return _columns(table, with_deferred=False)
    columns = _columns(table, with_deferred=True)
    needs: Mapping[str, tuple[str, ...]] = table.PROPERTIES  # type: ignore[attr-defined]  # every listed table has it
    needed = {"id"}
    for attribute in attributes:
        needed.update(needs.get(attribute, (attribute,)))
    return tuple(name for name in columns if name in needed)


def stored_names(table: type[SQLModel], attribute: str) -> list[str]:
    """The names in the database of the columns that an attribute needs, without `id`."""
    columns: Any = sa.inspect(table).columns
    needed = columns_of(table, frozenset((attribute,)))
    return [columns[name].name for name in needed if name != "id"]


def labelled(table: type[SQLModel], names: Iterable[str] | None = None) -> list[sa.Label[Any]]:
    """Columns for a SELECT or RETURNING, each labelled with its attribute's name; all by default.

    A column whose name differs from its attribute's, such as `metadata`, would be lost without.
    """
    names = columns_of(table, None) if names is None else names
    return [getattr(table, name).label(name) for name in names]


@lru_cache
def _columns(table: type[SQLModel], *, with_deferred: bool) -> tuple[str, ...]:
    columns = sa.inspect(table).column_attrs
    return tuple(each.key for each in columns if with_deferred or not each.deferred)


@by_identity
def parametrize(conditions: Mapping[str, Any]) -> tuple[Hashable, dict[str, Any], dict[str, Any]]:
    """The shape that conditions give to a query, the conditions with placeholders, the parameters.

    A boolean belongs to the shape, and so do the bounds that a range has and the number of items of
    a tuple; everything else is a parameter, named after its condition.
    """
    values: dict[str, Any] = {}
    parts = {name: _placeholder(name, value, values) for name, value in conditions.items()}
    shape = tuple((name, part[0]) for name, part in parts.items())
    return shape, {name: part[1] for name, part in parts.items()}, values


def bound(value: Any, type_: Any) -> Any:
    """A value in a statement, with this type: a placeholder, or a constant."""
    if isinstance(value, sa.BindParameter):
        return sa.bindparam(value.key, type_=type_)
    return sa.literal(value, type_)


def bound_array(values: Any, item: Any) -> Any:
    """Values in a statement as one array; enums are text in it."""
    return bound(values, ARRAY(sa.Text() if isinstance(item, sa.Enum) else item))


def parameter(value: Any) -> Any:
    """A value as psycopg needs it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return Jsonb(value)
    return [parameter(item) for item in value] if isinstance(value, list) else value


def _placeholder(name: str, value: Any, values: dict[str, Any]) -> tuple[Hashable, Any]:
    if isinstance(value, bool):
        return value, value
    if isinstance(value, Mapping):
        parts = {
            key: _placeholder(f"{name}_{key}", item, values)
            for key, item in value.items()
            if item is not None
        }
        return tuple((k, part[0]) for k, part in parts.items()), {k: p[1] for k, p in parts.items()}
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            values[f"{name}_{index}"] = parameter(item)
        return len(value), [sa.bindparam(f"{name}_{index}") for index in range(len(value))]
    values[name] = parameter(value)
    return None, sa.bindparam(name)
