"""How each scalar is read, checked and sent."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from db import patterns, semver
from resolvers.scalars import SHA256, URL, BigInt, SemVer

JSON_BYTES_MAX = 16 * 1024
JSON_DEPTH_MAX = 8
URL_LENGTH_MAX = 2_048
_DIGITS_MAX = 50  # keeps 1e400000000 from being written out
_BIGINT_MAX = 2**63 - 1
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([Ee][+-]?\d+)?", re.ASCII)
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def _refused(name: str, value: Any, wanted: str) -> GraphQLError:
    shown = repr(value)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return GraphQLError(f"{name} cannot be {shown}: {wanted}")


def _text(name: str, value: Any, wanted: str) -> str:
    if not isinstance(value, str):
        raise _refused(name, value, wanted)
    return value


def parse_date_time(value: Any) -> datetime:
    """A time with an offset, in UTC."""
    wanted = "expected an RFC 3339 date-time with an offset, such as 2026-01-31T12:00:00Z"
    text = _text("DateTime", value, wanted)
    if not _DATE_TIME.fullmatch(text):
        raise _refused("DateTime", value, wanted)
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refused("DateTime", value, wanted) from None


def parse_date(value: Any) -> date:
    """A calendar date."""
    wanted = "expected a date, such as 2026-01-31"
    text = _text("Date", value, wanted)
    try:
        if not _DATE.fullmatch(text):  # fromisoformat takes 20260131 and 2026-W05-6 too
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise _refused("Date", value, wanted) from None


def parse_decimal(value: Any) -> Decimal:
    """A finite decimal number; a float has lost digits before it arrives and is refused."""
    wanted = 'expected a decimal number as a string, such as "0.0025"'
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _refused("Decimal", value, wanted)
    text = str(value)
    # Decimal itself takes NaN, 1_000 and the digits of every script too
    if len(text) > 100 or not _DECIMAL.fullmatch(text):
        raise _refused("Decimal", value, wanted)
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond its range
        raise _refused("Decimal", value, wanted) from None
    if abs(number.adjusted()) > _DIGITS_MAX:
        raise _refused("Decimal", value, wanted)
    return number


def send_decimal(value: Decimal) -> str:
    """Plain digits without an exponent or trailing zeros: 0.0025, never 2.50E-3."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_sha256(value: Any) -> str:
    """A SHA-256 in lower-case hexadecimal."""
    wanted = "expected 64 lower-case hexadecimal characters"
    text = _text("SHA256", value, wanted)
    if not re.fullmatch(patterns.SHA256[1:-1], text):
        raise _refused("SHA256", value, wanted)
    return text


def parse_semver(value: Any) -> str:
    """A semantic version."""
    wanted = "expected a semantic version, such as 1.4.0-rc.1"
    text = _text("SemVer", value, wanted)
    if not semver.is_valid(text):
        raise _refused("SemVer", value, wanted)
    return text


def parse_url(value: Any) -> str:
    """An absolute URL."""
    wanted = "expected an absolute URL, such as https://example.com/v1"
    text = _text("URL", value, wanted)
    try:
        parts = urlsplit(text)
        valid = bool(parts.scheme and (parts.netloc or parts.path)) and text.isprintable()
    except ValueError:
        valid = False
    if not valid or " " in text or len(text) > URL_LENGTH_MAX:
        raise _refused("URL", value, wanted)
    return text


def parse_big_int(value: Any) -> int:
    """A whole number of at most 64 bits, as a string or a number."""
    wanted = 'expected a whole number of 64 bits, such as "9007199254740993"'
    is_digits = isinstance(value, str) and re.fullmatch(r"-?\d{1,19}", value, re.ASCII)
    number = int(value) if is_digits else value
    if isinstance(number, bool) or not isinstance(number, int) or abs(number) > _BIGINT_MAX:
        raise _refused("BigInt", value, wanted)
    return number


def parse_json(value: Any) -> Any:
    """Any JSON of at most 16 KiB and 8 levels."""
    if _depth(value, JSON_DEPTH_MAX + 1) > JSON_DEPTH_MAX:
        raise GraphQLError(f"JSON cannot be nested deeper than {JSON_DEPTH_MAX} levels")
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:  # NaN, an infinity, half of a surrogate pair
        raise _refused("JSON", value, "expected what JSON can hold") from None
    if len(text) > JSON_BYTES_MAX:
        raise GraphQLError(f"JSON cannot be larger than {JSON_BYTES_MAX} bytes")
    return value


def _depth(value: Any, levels_max: int) -> int:
    if levels_max == 0 or not isinstance(value, (dict, list)):
        return 0
    items = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(item, levels_max - 1) for item in items), default=0)


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
        "RFC 3339 date-time, always with offset.",
        "https://scalars.graphql.org/andimarek/date-time.html",
        parse_date_time,
        datetime.isoformat,
    ),
    date: _scalar(
        "Date",
        "Calendar date, YYYY-MM-DD.",
        "https://scalars.graphql.org/andimarek/local-date.html",
        parse_date,
        date.isoformat,
    ),
    Decimal: _scalar(
        "Decimal",
        "Exact decimal number, sent as a string.",
        "https://speleotrove.com/decimal/daconvs.html",
        parse_decimal,
        send_decimal,
    ),
    SHA256: _scalar(
        "SHA256",
        "64 lower-case hexadecimal characters.",
        "https://csrc.nist.gov/pubs/fips/180-4/upd1/final",
        parse_sha256,
        str,
    ),
    URL: _scalar(
        "URL",
        "Absolute URL (URI for artifacts).",
        "https://url.spec.whatwg.org/",
        parse_url,
        str,
    ),
    SemVer: _scalar(
        "SemVer",
        "Semantic version 2.0.0, such as 1.4.0-rc.1.",
        "https://semver.org/spec/v2.0.0.html",
        parse_semver,
        str,
    ),
    BigInt: _scalar(
        "BigInt",
        "Integer beyond 32 bits, sent as a string.",
        "https://www.rfc-editor.org/rfc/rfc8259#section-6",
        parse_big_int,
        str,
    ),
    JSON: _scalar(
        "JSON",
        "Any JSON value, at most 16 KiB and 8 levels.",
        "https://www.rfc-editor.org/rfc/rfc8259",
        parse_json,
        lambda value: value,
    ),
}
