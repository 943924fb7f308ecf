"""What the readers, or a registry over GraphQL, say of each entry: facts by the entry's key."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from catalogs.entry import Entry
from catalogs.sources import genai_prices, litellm, models_dev
from domain.prices import PriceComponent

Facts = dict[str, Any]
_PAGE = """query ($name: String!, $after: String) {
  catalog(name: $name) {
    entries(first: 50, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        key
        differences { field catalogValue }
        binding {
          contextWindow maxOutputTokens capabilities requestsPerMinute tokensPerMinute sunsetOn
          version { releasedOn }
          price { components { meter unit amount aboveInputTokens variant } }
        }
      }
    }
  }
}"""


def of(catalog: str, arguments: argparse.Namespace) -> dict[str, Facts]:
    """The facts of all entries of a catalog."""
    if arguments.registry:
        return dict(_served(arguments.registry, catalog))
    files = {
        "genai-prices": genai_prices.read,
        "litellm": lambda: litellm.read(str(arguments.litellm)),
        "models-dev": lambda: models_dev.read(str(arguments.models_dev)),
    }
    return {entry.key: _read(entry) for entry in files[catalog]().entries}


def agrees(facts: Facts, field: str, expected: Any) -> bool:
    """Whether the field is as expected.

    In a registry, another catalog may say what this one does not, so None agrees with everything.
    """
    found = facts.get(field)
    if isinstance(found, Decimal) and isinstance(expected, Decimal):
        return abs(found - expected) <= Decimal("1e-10")
    return found == expected or (expected is None and bool(facts.get("is_merged")))


def _read(entry: Entry) -> Facts:
    said = entry.said
    components = [
        {
            "meter": each.meter,
            "unit": each.unit,
            "amount": each.amount,
            "aboveInputTokens": each.above_input_tokens,
            "variant": each.variant,
        }
        for each in _components(entry)
    ]
    return {
        "context_window": said.context_window,
        "max_output_tokens": said.max_output_tokens,
        "requests_per_minute": said.requests_per_minute,
        "tokens_per_minute": said.tokens_per_minute,
        "sunset_on": said.sunset_on.isoformat() if said.sunset_on else None,
        "released_on": said.released_on.isoformat() if said.released_on else None,
        **_capabilities(said.capabilities),
        **_prices(components),
    }


def _components(entry: Entry) -> Sequence[PriceComponent]:
    """Those of the newest price that has started."""
    today = datetime.now(UTC).date()
    started = [
        price.components
        for price in entry.said.prices
        if price.effective_from is None or price.effective_from <= today
    ]
    return started[-1] if started else ()


def _capabilities(names: Any) -> Facts:
    """None for all where the list is unknown."""
    known = ("TOOLS", "VISION", "JSON_SCHEMA", "REASONING", "WEB_SEARCH", "PDF_INPUT")
    audio = ("AUDIO_INPUT", "AUDIO_OUTPUT")
    return {f"has {name}": None if names is None else name in names for name in (*known, *audio)}


def _prices(components: list[Any]) -> Facts:
    return {
        f"{each['variant']} {each['meter']} {each['aboveInputTokens']}": Decimal(each["amount"])
        for each in components
        if each["unit"] == "TOKENS_1K"
    }


def _served(url: str, catalog: str) -> Iterator[tuple[str, Facts]]:
    after = None
    while True:
        body = {"query": _PAGE, "variables": {"name": catalog, "after": after}}
        answer = httpx.post(url, json=body, timeout=30).json()
        if "errors" in answer:
            raise SystemExit(f"{url}: {answer['errors'][0]['message']}")
        page = answer["data"]["catalog"]["entries"]
        for node in page["nodes"]:
            yield node["key"], _of_binding(node)
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _of_binding(node: Any) -> Facts:
    """What the registry holds; where it says that the catalog says otherwise, what that is."""
    binding = node["binding"]
    if binding is None:
        return {}
    price = binding["price"] or {"components": []}
    held = {
        **binding,
        "price.components": price["components"],
        "version.releasedOn": binding["version"]["releasedOn"],
        **{each["field"]: each["catalogValue"] for each in node["differences"]},
    }
    return {
        "context_window": held["contextWindow"],
        "max_output_tokens": held["maxOutputTokens"],
        "requests_per_minute": held["requestsPerMinute"],
        "tokens_per_minute": held["tokensPerMinute"],
        "sunset_on": held["sunsetOn"],
        "released_on": held["version.releasedOn"],
        **_capabilities(held["capabilities"]),
        **_prices(held["price.components"] or []),
        "is_merged": True,
    }
