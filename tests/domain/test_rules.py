"""What the form rules of inputs let through, and what not."""

from decimal import Decimal
from typing import Any

import pytest

from domain import rules

HASH = "0123456789abcdef" * 4


def _nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (rules.sha256, HASH),
        (rules.endpoint, "https://example.com/v1?a=b#c"),
        (rules.artifact_url, "s3://bucket/key"),
        (rules.artifact_url, "s3://bucket/a b/größe.bin"),
        (rules.artifact_url, "file:///var/models/a.bin"),
        (rules.semantic_version, "1.4.0-rc.1+build.5"),
        (rules.money, Decimal("0")),
        (rules.money, Decimal("9999999999.9999999999")),
        (rules.money, Decimal("0.50000000000000000000000000000000000000000")),
        (rules.json_value, _nested(8)),
        (rules.json_value, {"a": [1, 2.5, True, None, "x", {}]}),
        (rules.json_value, "a" * 16_382),
    ],
)
def test_good_values_break_no_rule(rule: rules.Rule, value: Any) -> None:
    assert rule(value) is None


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        *(
            (rules.sha256, text, "64 lower-case")
            for text in (HASH.upper(), HASH[:-1], HASH + "0", HASH[:-1] + "g", HASH + "\n", "")
        ),
        *(
            (rules.web_url, text, "absolute URL")
            for text in ("/a", "example.com", "http://", "https://[::1", "https:x", "http://a:b")
        ),
        (rules.artifact_url, "javascript:alert(1)", "must begin with one of https:, http:, s3:"),
        (rules.artifact_url, "data:text/html,a", "must begin with"),
        (rules.endpoint, "s3://bucket/key", "must begin with"),
        (rules.web_url, "ws://example.com", "one of https:, http:"),
        (rules.web_url, "https://example.com/a b", "%20"),
        (rules.artifact_url, "s3://my bucket/a", "%20"),
        (rules.artifact_url, "s3://bucket/a ", "end with a space"),
        (rules.artifact_url, "s3://bucket/a\nb", "line breaks"),
        (rules.endpoint, "https://a/\ud800", "surrogates"),
        (rules.endpoint, "https://example.com/" + "a" * 2_048, "2048 characters"),
        (rules.endpoint, "https://me:secret@example.com", "password"),
        *(
            (rules.semantic_version, text, "semantic version")
            for text in ("1.0", "v1.0.0", "01.0.0", "1.0.0-01", "1.0.0-", "1.0.0-" + "a" * 128)
        ),
        (rules.money, Decimal("-0.01"), "from 0"),
        (rules.money, Decimal(10) ** 10, "from 0"),
        (rules.money, Decimal("NaN"), "from 0"),
        (rules.money, Decimal("0.00000000001"), "10 decimals"),
        (rules.money, Decimal("1.000000000000000000000000000000001"), "10 decimals"),
        (rules.json_value, _nested(9), "8 levels"),
        (rules.json_value, _nested(900), "8 levels"),
        (rules.json_value, {"a": [{"b": [{"c": [{"d": [{}]}]}]}]}, "8 levels"),
        (rules.json_value, "a" * 16_384, "16384 bytes"),
        (rules.json_value, {"a": "ä" * 8_192}, "16384 bytes"),
        (rules.json_value, [float("inf")], "finite"),
        (rules.json_value, {"a": float("nan")}, "finite"),
        (rules.json_value, ["a\0b"], "NUL"),
        (rules.json_value, {"\ud800": 1}, "surrogates"),
        (rules.json_value, {"a": [{"b": 2**64}]}, "(at a[0].b)"),
        (rules.json_value, -(2**63) - 1, "integers from"),
        (rules.json_value, {"a\0": 1}, "NUL"),
    ],
)
def test_bad_values_are_refused_with_a_message(rule: rules.Rule, value: Any, expected: str) -> None:
    assert expected in (rule(value) or "")
