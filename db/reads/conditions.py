"""Conditions that several listings share."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from db.postgres.statements import bound, bound_array
from db.reads.keys import Key
from db.reads.keyset import Condition, between
from db.tables.columns import DAY_ZERO


def name_contains(table: Any) -> Condition:
    """Rows whose name contains the text; ASCII letters match in upper and lower case.

    A text of three characters or more is looked up in the index on trigrams(name); the second
    condition removes the rows that have the trigrams in another order.
    """

    def condition(text: str) -> sa.ColumnElement[bool]:
        trigrams: Any = sa.func.trigrams(table.name, type_=ARRAY(sa.Text))
        needle: Any = bound(text, sa.Text())
        is_contained = sa.func.strpos(_lower(table.name), _lower(needle)) > 0
        needle_trigrams = sa.func.trigrams(needle, type_=ARRAY(sa.Text))
        return sa.and_(trigrams.contains(needle_trigrams), is_contained)

    return condition


def _lower(text: Any) -> Any:
    return sa.func.lower(sa.collate(text, "C"))


def any_label(table: Any) -> Condition:
    """Rows that have at least one of the labels, each `{key: value}`."""

    def condition(labels: Sequence[Any]) -> sa.ColumnElement[bool]:
        matches = (table.labels.contains(bound(label, JSONB())) for label in labels)
        return sa.or_(sa.false(), *matches)

    return condition


def time_between(column: Any) -> Condition:
    """Rows whose time in the column is at or after `gte`, and before `lt`."""

    def condition(bounds: Mapping[str, Any]) -> sa.ColumnElement[bool]:
        since = between(column, bounds.get("gte"), None)
        return sa.and_(since, column < bounds["lt"]) if bounds.get("lt") is not None else since

    return condition


def days_between(column: Any, key: Key) -> Condition:
    """Rows whose day is from `gte` to `lte`, both inclusive; NULL is in no range.

    `key` compares days as numbers, as the indexes for ordering do.
    """
    is_in_range = in_range(column, key)

    def condition(bounds: Mapping[str, Any]) -> sa.ColumnElement[bool]:
        zero: Any = sa.literal_column(DAY_ZERO, sa.Date())
        days = {name: bound(day, sa.Date()) - zero for name, day in bounds.items()}
        return is_in_range(days)

    return condition


def in_range(column: Any, key: Key) -> Condition:
    """Rows whose value is from `gte` to `lte`, both inclusive; NULL is in no range.

    It compares `key`, the expression in the indexes for ordering, in which NULL is outside of any
    range.
    """

    def condition(bounds: Mapping[str, Any]) -> sa.ColumnElement[bool]:
        low, high = bounds.get("gte"), bounds.get("lte")
        indexed = key.descending if high is None else key.ascending
        return sa.and_(column.is_not(None), between(indexed, low, high))

    return condition


def value_between(column: Any) -> Condition:
    """Rows whose value is from `gte` to `lte`, both inclusive; NULL is in no range."""

    def condition(bounds: Mapping[str, Any]) -> sa.ColumnElement[bool]:
        within = between(column, bounds.get("gte"), bounds.get("lte"))
        return sa.and_(column.is_not(None), within)

    return condition


def has_all(column: Any) -> Condition:
    """Rows whose array has all the values, of which there is at least one; NULL has none."""
    return lambda names: column.contains(bound_array(names, sa.Text()))


def has_any(column: Any) -> Condition:
    """Rows whose array has at least one of the values; NULL has none."""
    return lambda names: column.overlap(bound_array(names, sa.Text()))
