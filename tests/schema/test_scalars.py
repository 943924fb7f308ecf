"""Scalars take what they say, send what they say, and refuse the rest by name.

The form of hashes, URLs, versions and JSON is a rule of inputs: see tests/domain/test_rules.py.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from resolvers.scalars import SHA256, URL, BigInt, SemVer
from schema.scalars import SCALARS

HASH = "0123456789abcdef" * 4


@strawberry.type
class Echo:
    """Each scalar as an argument and as a result."""

    @strawberry.field
    def date_time(self, value: datetime) -> datetime:
        return value

    @strawberry.field
    def date(self, value: date) -> date:
        return value

    @strawberry.field
    def decimal(self, value: Decimal) -> Decimal:
        return value

    @strawberry.field
    def sha256(self, value: SHA256) -> SHA256:
        return value

    @strawberry.field
    def url(self, value: URL) -> URL:
        return value

    @strawberry.field
    def semver(self, value: SemVer) -> SemVer:
        return value

    @strawberry.field
    def big_int(self, value: BigInt) -> BigInt:
        return value

    @strawberry.field
    def json(self, value: JSON) -> JSON:
        return value


class Quiet(strawberry.Schema):
    """Does not log the errors that the tests are about."""

    def process_errors(self, *_: Any) -> None:
        pass


ECHO = Quiet(Echo, config=StrawberryConfig(scalar_map=dict(SCALARS)))
TYPES = {
    "dateTime": "DateTime",
    "date": "Date",
    "decimal": "Decimal",
    "sha256": "SHA256",
    "url": "URL",
    "semver": "SemVer",
    "bigInt": "BigInt",
    "json": "JSON",
}


def _literal(field: str, text: str) -> Any:
    return ECHO.execute_sync(f"{{ {field}(value: {text}) }}")


def _variable(field: str, value: Any) -> Any:
    document = f"query ($value: {TYPES[field]}!) {{ {field}(value: $value) }}"
    return ECHO.execute_sync(document, variable_values={"value": value})


def _refusal(result: Any, field: str) -> str:
    """The message of an error that is meant for the client, and names the scalar."""
    assert result.errors, result.data
    (error,) = result.errors
    cause = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    assert isinstance(cause, GraphQLError), repr(cause)
    assert TYPES[field] in error.message
    return error.message


@pytest.mark.parametrize(
    ("field", "text", "sent"),
    [
        ("dateTime", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00+00:00"),
        ("dateTime", "2026-01-31t12:00:00.123456z", "2026-01-31T12:00:00.123456+00:00"),
        ("dateTime", "2026-01-31 12:00:00+02:00", "2026-01-31T10:00:00+00:00"),
        ("dateTime", "2026-01-31T12:00:00.123456789-00:30", "2026-01-31T12:30:00.123456+00:00"),
        ("dateTime", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
        ("date", "2024-02-29", "2024-02-29"),
        ("date", "9999-12-31", "9999-12-31"),
        ("decimal", "0.0025", "0.0025"),
        ("decimal", "2.50E-3", "0.0025"),
        ("decimal", "1e3", "1000"),
        ("decimal", "100", "100"),
        ("decimal", "-0.10", "-0.1"),
        ("decimal", "0.000", "0"),
        ("decimal", "12345678901234567890.1234567890123", "12345678901234567890.1234567890123"),
        ("sha256", HASH, HASH),
        ("url", "https://example.com/v1?a=b#c", "https://example.com/v1?a=b#c"),
        ("url", "s3://bucket/key", "s3://bucket/key"),
        ("url", "file:///var/models/a.bin", "file:///var/models/a.bin"),
        ("semver", "1.4.0-rc.1+build.5", "1.4.0-rc.1+build.5"),
        ("bigInt", "9223372036854775807", "9223372036854775807"),
        ("bigInt", "-1", "-1"),
        ("json", "text", "text"),
    ],
)
def test_text_is_taken_and_sent(field: str, text: str, sent: str) -> None:
    assert _variable(field, text).data == {field: sent}
    assert _literal(field, f'"{text}"').data == {field: sent}


@pytest.mark.parametrize(
    ("field", "literal", "sent"),
    [
        ("decimal", "5", "5"),
        ("bigInt", "42", "42"),
        ("json", '{a: [1, 2.5, true, null, "x", {}]}', {"a": [1, 2.5, True, None, "x", {}]}),
    ],
)
def test_other_literals_are_taken(field: str, literal: str, sent: Any) -> None:
    assert _literal(field, literal).data == {field: sent}


BAD_TEXTS = [
    ("dateTime", "2026-01-31T12:00:00"),  # no offset: whose noon?
    ("dateTime", "2026-01-31"),
    ("dateTime", "10000-01-01T00:00:00Z"),
    ("dateTime", "0000-01-01T00:00:00Z"),
    ("dateTime", "0001-01-01T00:00:00+14:00"),  # in the year 0 of UTC
    ("dateTime", "9999-12-31T23:59:59-01:00"),
    ("dateTime", "2026-02-30T00:00:00Z"),
    ("dateTime", "2026-01-31T24:30:00Z"),
    ("dateTime", "2026-01-31T12:00:00+25:00"),
    ("dateTime", "2026-W05-6T12:00:00Z"),
    ("dateTime", "\u0662\u0660\u0662\u0666-01-31T12:00:00Z"),
    ("dateTime", ""),
    ("date", "2026-02-30"),
    ("date", "20260131"),
    ("date", "2026-W05-6"),  # as long as a date, and one to Python
    ("date", "2026-1-31"),
    ("date", "10000-01-01"),
    ("date", "2026-01-31T00:00:00Z"),
    ("decimal", "NaN"),
    ("decimal", "sNaN"),
    ("decimal", "Infinity"),
    ("decimal", "1e400"),
    ("decimal", "1e-400"),
    ("decimal", "0e999999"),
    ("decimal", "1" * 101),
    ("decimal", "1_000"),
    ("decimal", " 1"),
    ("decimal", "\u0661"),
    ("decimal", "0x10"),
    ("decimal", "one"),
    ("decimal", ""),
    ("bigInt", "9223372036854775808"),
    ("bigInt", "-9223372036854775809"),
    ("bigInt", "1.0"),
    ("bigInt", "1_000"),
    ("bigInt", "+1"),
    ("bigInt", ""),
]


@pytest.mark.parametrize(("field", "value"), BAD_TEXTS)
def test_bad_text_is_refused_by_name(field: str, value: str) -> None:
    shown = repr(value)[:70]
    assert shown in _refusal(_variable(field, value), field)
    assert shown in _refusal(_literal(field, f'"{value}"'), field)


@pytest.mark.parametrize("field", [field for field in TYPES if field != "json"])
@pytest.mark.parametrize("value", [True, 1.5, [], {}, [["1"]], float("nan"), float("inf"), 10**30])
def test_values_of_another_kind_are_refused_by_name(field: str, value: Any) -> None:
    if (field, value) == ("decimal", 10**30):
        assert _variable(field, value).data == {field: "1" + "0" * 30}
        return
    assert repr(value) in _refusal(_variable(field, value), field)


@pytest.mark.parametrize("field", [field for field in TYPES if field != "json"])
@pytest.mark.parametrize("literal", ["0.1", "1e400", "true", "[]", "{a: 1}", "1" + "0" * 99])
def test_literals_of_another_kind_are_refused_by_name(field: str, literal: str) -> None:
    _refusal(_literal(field, literal), field)


@pytest.mark.parametrize("field", [field for field in TYPES if field != "json"])
def test_a_number_too_long_for_python_is_refused_by_name(field: str) -> None:
    _refusal(_literal(field, "1" * 5_000), field)
