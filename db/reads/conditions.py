"""Conditions that several listings share."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from db.postgres.statements import bound
from db.reads.keyset import Condition, Key, between


def name_contains(table: Any) -> Condition:
    """Rows whose name has the text somewhere in it, whatever the case of ASCII letters.

    Three characters and more are looked up in the index on trigrams(name); the second condition
    drops the rows that have the trigrams but not in this order.
    """

    def condition(text: str) -> sa.ColumnElement[bool]:
        trigrams: Any = sa.func.trigrams(table.name, type_=ARRAY(sa.Text))
        needle: Any = bound(text, sa.Text())
        within = sa.func.strpos(_lower(table.name), _lower(needle)) > 0
        wanted = sa.func.trigrams(needle, type_=ARRAY(sa.Text))
        return sa.and_(trigrams.contains(wanted), within)

    return condition


def _lower(text: Any) -> Any:
    return sa.func.lower(sa.collate(text, "C"))


def any_label(table: Any) -> Condition:
    """Rows that carry at least one of the labels, each `{key: value}`."""

    def condition(labels: Sequence[Any]) -> sa.ColumnElement[bool]:
        return sa.or_(sa.false(), *(table.labels.contains(bound(one, JSONB())) for one in labels))

    return condition


def created_between(table: Any) -> Condition:
    """Rows created from `gte` on and before `lt`."""
    return lambda given: _time_between(table.created_at, given)


def updated_between(table: Any) -> Condition:
    """Rows last written from `gte` on and before `lt`."""
    return lambda given: _time_between(table.updated_at, given)


def _time_between(column: Any, given: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    bounds = between(column, given.get("gte"), None)
    return sa.and_(bounds, column < given["lt"]) if given.get("lt") is not None else bounds


def in_range(column: Any, key: Key) -> Condition:
    """Rows whose figure lies from `gte` to `lte`, both inclusive; NULL is in no range.

    It compares what the indexes for ordering hold, `key`, in which NULL lies beyond either bound.
    """

    def condition(given: Mapping[str, Any]) -> sa.ColumnElement[bool]:
        low, high = given.get("gte"), given.get("lte")
        indexed = key.descending if high is None else key.ascending
        return sa.and_(column.is_not(None), between(indexed, low, high))

    return condition
