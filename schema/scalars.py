"""The custom scalars: how each is parsed, checked and serialized."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from domain.json_values import UNREADABLE
from resolvers.scalars import SHA256, URL, BigInt, SemVer

_DIGITS_MAX = 50  # refuses 1e400000000, which would take as many digits
_BIGINT_MAX = 2**63 - 1
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([Ee][+-]?\d+)?", re.ASCII)
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def _error(name: str, value: Any, expected: str) -> GraphQLError:
    shown = repr(value)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return GraphQLError(f"{name} cannot be {shown}: {expected}")


def _text(name: str, value: Any, expected: str) -> str:
    if not isinstance(value, str):
        raise _error(name, value, expected)
    return value


def parse_date_time(value: Any) -> datetime:
    """A date and time with an offset, converted to UTC."""
    expected = "expected an RFC 3339 date-time with an offset, such as 2026-01-31T12:00:00Z"
    text = _text("DateTime", value, expected)
    if not _DATE_TIME.fullmatch(text):
        raise _error("DateTime", value, expected)
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _error("DateTime", value, expected) from None


def parse_date(value: Any) -> date:
    """A calendar date."""
    expected = "expected a date, such as 2026-01-31"
    text = _text("Date", value, expected)
    try:
        if not _DATE.fullmatch(text):  # fromisoformat accepts 20260131 and 2026-W05-6 too
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise _error("Date", value, expected) from None


def parse_decimal(value: Any) -> Decimal:
    """A finite decimal number; floats are refused, because they may have lost digits."""
    expected = 'expected a decimal number as a string, such as "0.0025"'
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _error("Decimal", value, expected)
    text = str(value)
    # Decimal() accepts NaN, 1_000 and the digits of every script too
    if len(text) > 100 or not _DECIMAL.fullmatch(text):
        raise _error("Decimal", value, expected)
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond its range
        raise _error("Decimal", value, expected) from None
    if abs(number.adjusted()) > _DIGITS_MAX:
        raise _error("Decimal", value, expected)
    return number


def send_decimal(value: Decimal) -> str:
    """Plain digits without an exponent or trailing zeros: 0.0025, never 2.50E-3."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_text(name: str) -> Callable[[Any], str]:
    """Text that domain/rules.py checks, which reports all breaches of an input together."""
    return lambda value: _text(name, value, "expected a string")


def parse_big_int(value: Any) -> int:
    """A whole number of at most 64 bits, as a string or a number."""
    expected = 'expected a whole number of 64 bits, such as "9007199254740993"'
    is_digits = isinstance(value, str) and re.fullmatch(r"-?\d{1,19}", value, re.ASCII)
    number = int(value) if is_digits else value
    if isinstance(number, bool) or not isinstance(number, int) or abs(number) > _BIGINT_MAX:
        raise _error("BigInt", value, expected)
    return number


def send_json(value: Any) -> Any:
    """The value as it is; an error for one that cannot be written, so that its field is null."""
    if value is UNREADABLE:
        raise GraphQLError("A number in this value is too large to be sent as JSON")
    return value


def _unchanged(value: Any) -> Any:
    return value


def _scalar(
    name: str, description: str, url: str, parse: Callable[[Any], Any], send: Callable[[Any], Any]
) -> ScalarDefinition:
    definition: ScalarDefinition = strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=url,
        parse_value=parse,
        serialize=send,
    )
    return definition


SCALARS: dict[object, ScalarDefinition] = {
    datetime: _scalar(
        "DateTime",
        "An RFC 3339 date-time with an offset, such as 2026-01-31T12:00:00Z; sent in UTC.",
        "https://scalars.graphql.org/andimarek/date-time.html",
        parse_date_time,
        datetime.isoformat,
    ),
    date: _scalar(
        "Date",
        "A calendar date, YYYY-MM-DD.",
        "https://scalars.graphql.org/andimarek/local-date.html",
        parse_date,
        date.isoformat,
    ),
    Decimal: _scalar(
        "Decimal",
        "An exact decimal number. Sent as a string; taken as a string or an integer.",
        "https://speleotrove.com/decimal/daconvs.html",
        parse_decimal,
        send_decimal,
    ),
    SHA256: _scalar(
        "SHA256",
        "A SHA-256 digest: 64 lower-case hexadecimal characters.",
        "https://csrc.nist.gov/pubs/fips/180-4/upd1/final",
        parse_text("SHA256"),
        str,
    ),
    URL: _scalar(
        "URL",
        "An absolute URL of up to 2,048 characters, without a password or a signature. Each field"
        " has a list of schemes, which the message that refuses another one names.",
        "https://url.spec.whatwg.org/",
        parse_text("URL"),
        str,
    ),
    SemVer: _scalar(
        "SemVer",
        "A semantic version 2.0.0 of up to 128 characters, such as 1.4.0-rc.1.",
        "https://semver.org/spec/v2.0.0.html",
        parse_text("SemVer"),
        str,
    ),
    BigInt: _scalar(
        "BigInt",
        "An integer of up to 64 bits. Sent as a string; taken as a string or an integer.",
        "https://www.rfc-editor.org/rfc/rfc8259#section-6",
        parse_big_int,
        str,
    ),
    JSON: _scalar(
        "JSON",
        "Any JSON value. Inputs: at most 16 KiB and 8 levels, integers of 64 bits, finite numbers,"
        " and nothing that looks like a credential.",
        "https://www.rfc-editor.org/rfc/rfc8259",
        _unchanged,
        send_json,
    ),
}
