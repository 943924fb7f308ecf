"""Where to call a binding, and the table of well-known providers."""

from datetime import date
from typing import Any

import pytest

from domain import rules
from domain.call_urls import call_url
from domain.known_providers import KNOWN, known

BASE, OWN = "https://api.example.com", "https://own.example.com/v1"
AWS = "https://bedrock-runtime.{}.amazonaws.com"
VERTEX = "https://{}aiplatform.googleapis.com/v1"


@pytest.mark.parametrize(
    ("endpoint", "api_base", "slug", "expected"),
    [
        (OWN, BASE, "openai", OWN),
        (None, BASE, "openai", BASE),
        (None, None, "openai", "https://api.openai.com/v1"),
        (None, None, "nobody-knows", None),
        (None, None, "modal", None),
        (OWN, None, "modal", OWN),
        (None, BASE, "bedrock", BASE),
    ],
)
def test_the_nearest_address_wins(
    endpoint: str | None, api_base: str | None, slug: str, expected: str | None
) -> None:
    assert call_url(endpoint, api_base, slug, None, None) == expected


@pytest.mark.parametrize(
    ("slug", "region", "config", "expected"),
    [
        ("bedrock", "eu-west-1", None, AWS.format("eu-west-1")),
        ("bedrock", "us-gov-west-1", None, AWS.format("us-gov-west-1")),
        ("bedrock", None, None, AWS.format("us-east-1")),
        ("bedrock", "global", None, AWS.format("us-east-1")),
        ("bedrock", "eu", None, AWS.format("eu-central-1")),
        ("bedrock", "eu", {"region": "eu-west-3"}, AWS.format("eu-west-3")),
        ("bedrock", "nowhere", None, None),
        ("bedrock", "eu-west-1", {"region": 7}, None),
        ("bedrock", "eu-west-1", {"region": "evil.example.com/#"}, None),
        ("bedrock", "eu-west-1", ["no object"], AWS.format("eu-west-1")),
        ("bedrock-mantle", "us-west-2", None, "https://bedrock-mantle.us-west-2.api.aws/v1"),
        ("vertex-ai", "europe-west4", None, VERTEX.format("europe-west4-")),
        ("vertex-ai", "us-central1", None, VERTEX.format("us-central1-")),
        ("vertex-ai", "global", None, VERTEX.format("")),
        ("vertex-ai", None, None, VERTEX.format("")),
        ("vertex-ai", "eu", None, None),
        ("azure", "eastus", None, None),
        ("azure", None, {"resource": "acme"}, "https://acme.openai.azure.com/openai/v1"),
        ("azure", None, {"resource": "acme/x"}, None),
        ("azure", None, {"resource": "a@evil.example.com"}, None),
        ("azure", None, {"resource": "acme."}, None),
        ("azure", None, {"resource": ""}, None),
        ("azure", None, {"resource": "acme\n"}, None),
        ("databricks", None, {"host": "dbc-1.example.com"}, "https://dbc-1.example.com/serving-endpoints"),
    ],
)  # fmt: skip
def test_an_address_is_filled_from_region_and_config_or_unknown(
    slug: str, region: str | None, config: Any, expected: str | None
) -> None:
    assert call_url(None, None, slug, region, config) == expected


def test_every_known_address_can_be_a_providers() -> None:
    assert len({each.slug for each in KNOWN}) == len(KNOWN)
    for each in KNOWN:
        values = {"slug": each.slug, "name": each.name, "api_base": each.api_base}
        assert rules.breaches(values, rules.PROVIDER) == []
        assert each.looked_up >= date(2026, 11, 1)
        assert known(each.slug) == each
