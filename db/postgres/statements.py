"""Statements built from the tables once, compiled to SQL, and run prepared on psycopg.

SQLAlchemy takes 400 us of Python to run a small query, psycopg 80: so SQLAlchemy writes the SQL of
each shape of query once, and is not asked again. A shape is whatever the SQL depends on; the
values are parameters. Only the columns asked for are read.
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
_DIALECT: Any = dialect()  # type: ignore[no-untyped-call]  # of SQLAlchemy


@dataclass(frozen=True, slots=True)
class Query:
    """What to ask: `build` makes the statement of this shape, `values` are its parameters.

    Rows have the names of the statement's columns, and the properties of `table` if one is given.
    Rows asked for by keys say which is theirs by `parent`, the key, or by its `place`.
    """

    shape: Hashable
    build: Callable[[], sa.Select[Any] | ReturningUpdate[Any]]
    values: Mapping[str, Any]
    table: Hashable = None
    is_planned_by_values: bool = False  # each time anew: the best plan depends on the values
    is_by_place: bool = False  # rows come in the order of the keys, with `place` counted from 1


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL as psycopg takes it, the constants in it, and what makes a row of a tuple."""

    sql: bytes
    constants: Mapping[str, Any]
    make: Callable[[Iterable[Any]], Any]


@cached(LRUCache(_SHAPES_MAX), key=attrgetter("shape"))
def compiled(query: Query) -> Compiled:
    """The query's SQL, compiled on first use of its shape."""
    statement = query.build()
    made: Any = statement.compile(dialect=_DIALECT)
    processors = made._bind_processors  # the types' own, such as an enum's to its word
    constants = {
        name: processors[name](value) if name in processors else value
        for name, value in made.params.items()
        if name not in query.values
    }
    names = tuple(statement.exported_columns.keys())
    return Compiled(made.string.encode(), constants, row_class(query.table, names))


@lru_cache(maxsize=_SHAPES_MAX)
def row_class(table: Hashable, names: tuple[str, ...]) -> Any:
    """A tuple with these names, which can stand for a row of the table: it has its properties."""
    named: Any = namedtuple("Row", names)  # type: ignore[misc]  # its names are not known to mypy
    # without its __new__ and _make, which are Python: a row is made of a tuple in two thirds
    own: dict[str, Any] = {name: vars(named)[name] for name in names}
    own |= {"__slots__": (), "__table_class__": table, "__repr__": named.__repr__}
    if isinstance(table, type):
        own |= {k: v for k, v in vars(table).items() if isinstance(v, property)}
    return type(getattr(table, "__name__", "Row"), (tuple,), own)


def stands_for(value: object, table: type) -> bool:
    """Whether the value is a row of the table: loaded here, or by the ORM."""
    return getattr(value, "__table_class__", None) is table or isinstance(value, table)


@lru_cache(maxsize=_SHAPES_MAX)
def columns_of(table: type[SQLModel], attributes: frozenset[str] | None) -> tuple[str, ...]:
    """The columns behind attributes of a row, its id always among them; None asks for all.

    A property is made of columns, which the table names in `PROPERTIES`.
    """
    every = _columns(table)
    if attributes is None:
        return every
    made_of: Mapping[str, tuple[str, ...]] = table.PROPERTIES  # type: ignore[attr-defined]  # every listed table has it
    wanted = {"id"}
    for attribute in attributes:
        wanted.update(made_of.get(attribute, (attribute,)))
    return tuple(name for name in every if name in wanted)


def labelled(table: type[SQLModel], names: Iterable[str] | None = None) -> list[sa.Label[Any]]:
    """Columns for a SELECT or RETURNING, each labelled with its attribute's name; all by default.

    A column whose name differs from its attribute's, such as `metadata`, would be lost without.
    """
    names = columns_of(table, None) if names is None else names
    return [getattr(table, name).label(name) for name in names]


@lru_cache
def _columns(table: type[SQLModel]) -> tuple[str, ...]:
    return tuple(prop.key for prop in sa.inspect(table).column_attrs)


@by_identity
def placeholders(given: Mapping[str, Any]) -> tuple[Hashable, dict[str, Any], dict[str, Any]]:
    """Conditions' values taken apart: the shape they give a query, placeholders, parameters.

    A true or false belongs to the shape, as do a range's bounds and the number of items of a
    tuple; everything else is a parameter, named by its condition.
    """
    values: dict[str, Any] = {}
    made = {name: _placeholder(name, value, values) for name, value in given.items()}
    shape = tuple((name, part[0]) for name, part in made.items())
    return shape, {name: part[1] for name, part in made.items()}, values


def bound(value: Any, type_: Any) -> Any:
    """A value in a statement: a parameter of this type, or the value itself as a constant."""
    if isinstance(value, sa.BindParameter):
        return sa.bindparam(value.key, type_=type_)
    return sa.literal(value, type_)


def bound_array(values: Any, item: Any) -> Any:
    """Several values in a statement as one array; enums are text there."""
    return bound(values, ARRAY(sa.Text() if isinstance(item, sa.Enum) else item))


def parameter(value: Any) -> Any:
    """A value as psycopg takes it."""
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
        for place, item in enumerate(value):
            values[f"{name}_{place}"] = parameter(item)
        return len(value), [sa.bindparam(f"{name}_{place}") for place in range(len(value))]
    values[name] = parameter(value)
    return None, sa.bindparam(name)
