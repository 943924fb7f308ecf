"""Values of catalogs, read where their meaning is clear.

Numbers and flags may be given as text. None is "not said". A value without a clear meaning raises
Unreadable.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from domain.json_values import is_storable
from domain.rules import INT_MAX

Value = TypeVar("Value")
_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FLAGS = {"true": True, "false": False}
_SHOWN_MAX = 60  # characters of a value in a message


class Unreadable(ValueError):
    """A value that cannot be understood; the message names its field."""


def optional(
    read: Callable[[Mapping[str, Any], str], Value | None],
    fields: Mapping[str, Any],
    name: str,
    remarks: list[str],
) -> Value | None:
    """The value, or None with a remark where it cannot be understood."""
    try:
        return read(fields, name)
    except Unreadable as error:
        remarks.append(f"{error}: it is not imported")
        return None


def amount(fields: Mapping[str, Any], name: str) -> Decimal | None:
    """An amount of money: a finite number of 0 or more."""
    number = _number(fields, name)
    if number is not None and number < 0:
        raise Unreadable(f"{name} is negative: {shown(fields[name])}")
    return number


def count(fields: Mapping[str, Any], name: str) -> int | None:
    """A whole number of at most 32 bits. Catalogs write 0 for "does not apply": it is None."""
    number = _number(fields, name)
    if number is None:
        return None
    if not 0 <= number <= INT_MAX or number != int(number):
        expected = f"a whole number of 0 to {INT_MAX}"
        raise Unreadable(f"{name} is not {expected}: {shown(fields[name])}")
    return int(number) or None


def flag(fields: Mapping[str, Any], name: str) -> bool | None:
    """True or false."""
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _FLAGS:
        return _FLAGS[value.strip().lower()]
    raise Unreadable(f"{name} is not true or false: {shown(value)}")


def day(fields: Mapping[str, Any], name: str) -> date | None:
    """A day, written as YYYY-MM-DD."""
    value = text(fields, name)
    if value is None:
        return None
    try:
        found = date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:
        found = None
    if found is None:
        raise Unreadable(f"{name} is not a date as YYYY-MM-DD: {shown(value)}")
    return found


def text(fields: Mapping[str, Any], name: str) -> str | None:
    """Text without blanks at its ends; empty text is None."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not is_storable(value):
        raise Unreadable(f"{name} is not text: {shown(value)}")
    return value.strip() or None


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """An object of JSON."""
    if not isinstance(value, dict):
        raise Unreadable(f"{what} is not an object: {shown(value)}")
    return value


def object_in(fields: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """An object of JSON in a field."""
    value = fields.get(name)
    return None if value is None else mapping(value, name)


def texts(fields: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """A list of text."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Unreadable(f"{name} is not a list of text: {shown(value)}")
    return tuple(value)


def shown(value: Any) -> str:
    """The start of a value, for a message: one printable line."""
    plain = str(value) if isinstance(value, Decimal) else repr(value)
    plain = plain.encode("utf-8", "backslashreplace").decode()
    return plain if len(plain) <= _SHOWN_MAX else f"{plain[:_SHOWN_MAX]}..."


def is_number(value: Any) -> bool:
    """Whether it is a number, or text that is one."""
    if isinstance(value, str):
        return _NUMBER.fullmatch(value.strip()) is not None
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _number(fields: Mapping[str, Any], name: str) -> Decimal | None:
    value = fields.get(name)
    if value is None:
        return None
    if not is_number(value):
        raise Unreadable(f"{name} is not a number: {shown(value)}")
    number = Decimal(value.strip() if isinstance(value, str) else value)
    if not number.is_finite():
        raise Unreadable(f"{name} is not a finite number")
    return number
