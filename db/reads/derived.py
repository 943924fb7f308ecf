"""Rows that a query derives from tables: listings read them like the rows of a table."""

from typing import Any

from sqlalchemy.orm import registry

_registry = registry()  # not SQLModel's: migrations must not create tables for these


def map_rows(cls: type, query: Any) -> Any:
    """The class, mapped to a query: listings and lookups take it for a table.

    The class annotates the query's columns, one of which is `id`, and has PROPERTIES as
    db.tables.columns.Row does. PostgreSQL merges the query into the statement that reads it, and
    computes only the columns that are requested.
    """
    subquery = query.subquery(cls.__name__.lower())
    _registry.map_imperatively(cls, subquery, primary_key=[subquery.c.id])
    return cls
