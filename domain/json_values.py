"""The rule of JSON values: what is stored comes back as an equal value, on every path."""

import json
from decimal import Decimal
from math import inf, isfinite
from typing import Any

BYTES_MAX = 16 * 1024
LEVELS_MAX = 8
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**64 - 1  # what JSON writers can write as an integer
_FLOAT_DIGITS_MAX = 308  # all integers of so many digits are below the largest float
_DIGITS_MAX = 4_000  # Python's own limit is 4,300
_SHOWN_MAX = 200  # characters of a place in a message


def problem(value: Any) -> str | None:
    """What is wrong with a JSON value, with the place inside it; None when nothing is."""
    message = _problem(value, "", 0)
    if message is not None:
        return message
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    return f"must be at most {BYTES_MAX} bytes of JSON" if size > BYTES_MAX else None


def is_integer_in_range(number: int) -> bool:
    """Whether JSON writers can write the number as an integer."""
    return INTEGER_MIN <= number <= INTEGER_MAX


class Unreadable:
    """Stands for a JSON value with a number that no JSON writer can write, such as 1e400."""


UNREADABLE = Unreadable()


def sendable(value: Any) -> Any:
    """The value with each integer beyond 64 bits as a float; UNREADABLE when one is too large.

    PostgreSQL turns 3.8e25 into an integer of 26 digits, and older servers stored such integers.
    """
    try:
        return _sendable(value)
    except OverflowError:
        return UNREADABLE


def loads(text: str | bytes) -> Any:
    """JSON as PostgreSQL stores it, whatever its numbers; floats are Decimal, and keep digits."""
    return json.loads(text, parse_float=Decimal, parse_int=_whole_number)


def integer(digits: str) -> int | float:
    """An integer of JSON; beyond 64 bits as a float where that is the same number, as 1e20 is.

    JavaScript writes 1e20 as an integer. Any other integer beyond 64 bits breaks the rule above,
    and so does infinity, which stands for one that no float can hold.
    """
    if len(digits) > _FLOAT_DIGITS_MAX:
        return inf
    number = int(digits)
    if is_integer_in_range(number):
        return number
    nearest = float(number)
    return nearest if nearest == number else number


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can store the text: without NUL, and without lone surrogates."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which JSON can write but UTF-8 cannot encode
        return False
    return True


def at(place: str) -> str:
    """The end of a message about a place inside a value; empty for the value itself."""
    shown = place.encode("ascii", "backslashreplace").decode()
    return f" (at {shown[:_SHOWN_MAX]})" if place else ""


def _problem(value: Any, place: str, level: int) -> str | None:
    if isinstance(value, str):
        is_text = is_storable(value)
        return (
            None if is_text else f"must be text without NUL and without lone surrogates{at(place)}"
        )
    if isinstance(value, dict | list):
        return _problem_inside(value, place, level + 1)
    if isinstance(value, float):
        return None if isfinite(value) else f"must hold finite numbers{at(place)}"
    if isinstance(value, int) and not is_integer_in_range(value):
        return (
            f"must hold integers from {INTEGER_MIN} to {INTEGER_MAX}{at(place)}:"
            " write a larger number with an exponent, or as a string"
        )
    return None


def _problem_inside(value: dict[str, Any] | list[Any], place: str, level: int) -> str | None:
    if level > LEVELS_MAX:
        return f"must be nested at most {LEVELS_MAX} levels deep"
    if isinstance(value, list):
        items = ((f"{place}[{n}]", item) for n, item in enumerate(value))
    else:
        items = ((f"{place}.{key}" if place else key, item) for key, item in value.items())
        for key in value:
            if message := _problem(key, f"{place}.{key}" if place else key, level):
                return message
    found = (_problem(item, inner, level) for inner, item in items)
    return next(filter(None, found), None)


def _sendable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sendable(item) for key, item in value.items()}
    if isinstance(value, list):
        return list(map(_sendable, value))
    if isinstance(value, Decimal) or (isinstance(value, int) and not is_integer_in_range(value)):
        nearest = float(value)
        if not isfinite(nearest):
            raise OverflowError
        return nearest
    return value


def _whole_number(digits: str) -> int | Decimal:
    """The number; a Decimal when Python refuses to parse that many digits."""
    return int(digits) if len(digits) <= _DIGITS_MAX else Decimal(digits)
