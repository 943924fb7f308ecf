"""Validation: a rule returns what is wrong with a value, or None.

The rules of each type are data, by field, so that all breaches of one input are reported together.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from domain import json_values, patterns, semver, urls
from domain.json_values import is_storable
from domain.problems import Invalid
from domain.secrets.words import is_random

Rule = Callable[[Any], str | None]

LABELS_MAX = 64
ALIASES_MAX = 32  # of a model; with all its labels, a page of 100 models is within 10,000 objects
TEXT_LENGTH_MAX = 10_000
HOLD_REASON_LENGTH_MAX = 1_000
CIRCUIT_REASON_LENGTH_MAX = 1_000
PRICE_COMPONENTS_MAX = 64  # of one price; catalogs have some 40 at most
MONEY_MAX = Decimal(10) ** 10  # NUMERIC(20, 10) holds less than this
_MONEY_STEP = Decimal(10) ** -10
INT_MAX = 2**31 - 1
KEY_LENGTH_MAX = 255  # of an idempotency key, and of any text that names an object


def breaches(values: Mapping[str, Any], rules: Mapping[str, Rule]) -> list[Invalid]:
    """The breaches of all values; None breaks no rule."""
    invalid = []
    for name, value in values.items():
        if value is None:
            continue
        message = rules[name](value) if name in rules else None
        if message is not None:
            invalid.append(Invalid(f"{api_name(name)} {message}", (api_name(name),)))
    return invalid


def nulls(values: Mapping[str, Any], required: frozenset[str]) -> list[Invalid]:
    """A breach for each required value that is None."""
    return [
        Invalid(f"{api_name(name)} cannot be null", (api_name(name),))
        for name, value in values.items()
        if value is None and name in required
    ]


def api_name(name: str) -> str:
    """A field's name in the API: cost_per_1k is costPer1k."""
    first, *others = name.strip("_").split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)


def matches(pattern: str, description: str) -> Rule:
    """Text that matches a pattern."""
    form = re.compile(pattern[1:-1], re.ASCII)  # fullmatch: `$` would accept a final newline
    return lambda text: None if form.fullmatch(text) else f"must be {description}"


def up_to(length: int) -> Rule:
    """Text of at most this many characters, without NUL, which PostgreSQL cannot store."""

    def rule(text: str) -> str | None:
        if not is_storable(text):
            return "must be text without NUL and without lone surrogates"
        return (
            f"must be at most {length} characters, not {len(text)}" if len(text) > length else None
        )

    return rule


def reference(text: str) -> str | None:
    """The name or the id of something: text that is no longer than any of them."""
    return up_to(KEY_LENGTH_MAX)(text)


def hold_reason(text: str) -> str | None:
    """The reason of a hold: text that is not blank."""
    return up_to(HOLD_REASON_LENGTH_MAX)(text) if text.strip() else "must not be blank"


def circuit_reason(text: str) -> str | None:
    """The reason of a circuit's state that an operator sets: text that is not blank."""
    return up_to(CIRCUIT_REASON_LENGTH_MAX)(text) if text.strip() else "must not be blank"


def within(low: float, high: float) -> Rule:
    """A number in a range, both bounds inclusive."""
    message = f"must be from {low} to {high}"
    return lambda number: None if low <= number <= high else message


def at_least(low: int) -> Rule:
    """A whole number of at most 32 bits, `low` or more."""
    return lambda number: None if low <= number <= INT_MAX else f"must be {low} or more"


def positive(number: float) -> str | None:
    """A finite number above zero."""
    return None if 0 < number < float("inf") else "must be above 0"


def money(amount: Decimal) -> str | None:
    """US dollars per 1,000 tokens: not negative, at most 10 decimals."""
    if not amount.is_finite() or not 0 <= amount < MONEY_MAX:
        return f"must be from 0 to below {MONEY_MAX}"
    # quantize() compares exactly: normalize() would round to 28 digits
    is_exact = amount == amount.quantize(_MONEY_STEP)
    return None if is_exact else "must have at most 10 decimals"


def semantic_version(text: str) -> str | None:
    """A semantic version 2.0.0."""
    message = f"must be a semantic version of at most {semver.LENGTH_MAX} characters, such as 1.4.0"
    return None if semver.is_valid(text) else message


def credential_ref(text: str) -> str | None:
    """A reference to a secret, never the secret."""
    message = "must start with env://, vault://, aws-sm://, gcp-sm:// or k8s://"
    form = r"(env|vault|aws-sm|gcp-sm|k8s)://[!-~]{1,500}"
    if not re.fullmatch(form, text, re.ASCII):
        return message
    store, _, place = text.partition("://")
    is_secret = store == "env" and is_random(place)
    return "must name the place of the secret, never the secret itself" if is_secret else None


def idempotency_key(text: str) -> str | None:
    """The name that a client gives one call, to repeat it safely."""
    message = f"must be 1 to {KEY_LENGTH_MAX} printable characters"
    return None if 1 <= len(text) <= KEY_LENGTH_MAX and text.isprintable() else message


def alias_name(value: str) -> str | None:
    """The name of an alias; `latest` is reserved for the latest version."""
    reserved = "must not be latest, which selects the latest version"
    return reserved if value == "latest" else _alias(value)


def labels(pairs: list[tuple[str, str]]) -> str | None:
    """Labels within the limits of number and length, without repeated keys."""
    if len(pairs) > LABELS_MAX:
        return f"must be at most {LABELS_MAX}, not {len(pairs)}"
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        repeated = next(key for key in keys if keys.count(key) > 1)
        return f"must not have the key {repeated!r} twice"
    for key, value in pairs:
        if not 1 <= len(key) <= 63 or len(value) > 255:
            return "must have keys of 1 to 63 and values of up to 255 characters"
        if message := up_to(255)(key) or up_to(255)(value):
            return message
    return None


name = matches(patterns.NAME, "letters, digits and . _ - : / @ inside, up to 200 characters")
slug = matches(patterns.SLUG, "lower-case letters, digits and hyphens, up to 63 characters")
_alias = matches(
    patterns.ALIAS, "a lower-case letter, then lower-case letters, digits and hyphens, up to 63"
)
token_name = matches(
    patterns.TOKEN,
    "a lower-case letter or digit, then lower-case letters, digits and . _ -, up to 63 characters",
)
sha256 = matches(patterns.SHA256, "64 lower-case hexadecimal characters")
ratio = within(0, 1)
text = up_to(TEXT_LENGTH_MAX)
json_value = json_values.problem
artifact_url = urls.url(urls.ARTIFACT, "s3://bucket/key")
endpoint = urls.url(urls.ENDPOINT, "https://example.com/v1")
web_url = urls.url(urls.WEB, "https://example.com/v1")

MODEL: dict[str, Rule] = {
    "name": name,
    "subject": slug,
    "description": text,
    "labels": labels,
    "retention_keep": within(1, 10),
}
VERSION: dict[str, Rule] = {
    "version": semantic_version,
    "content_hash": sha256,
    "region": slug,
    "eval_score": ratio,
    "cost_per_1k": money,
    "slo_latency_ms": at_least(1),
    "slo_success_rate": ratio,
    "context_window": at_least(1),
    "max_output_tokens": at_least(1),
    "artifact_url": artifact_url,
    "size_bytes": lambda number: None if number >= 0 else "must be 0 or more",
    "metadata_": json_value,
}
BINDING: dict[str, Rule] = {
    "provider": slug,
    "provider_model_id": lambda value: up_to(200)(value) if value else "must not be empty",
    "region": slug,
    "endpoint": endpoint,
    "config": json_value,
    "credential_ref": credential_ref,
    "priority": at_least(0),
    "weight": within(0, 1000),
    "success_rate": ratio,
    "latency_ms": positive,
    "context_window": at_least(1),
    "max_output_tokens": at_least(1),
    "requests_per_minute": at_least(1),
    "tokens_per_minute": at_least(1),
}
PRICE: dict[str, Rule] = {
    "input_per_1k": money,
    "output_per_1k": money,
    "cache_read_per_1k": money,
    "cache_write_per_1k": money,
    "source": up_to(255),
}
PROVIDER: dict[str, Rule] = {
    "slug": slug,
    "name": lambda value: up_to(200)(value) if value.strip() else "must not be empty",
    "api_base": endpoint,
    "docs_url": web_url,
}
