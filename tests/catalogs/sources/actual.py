"""What the readers, or a registry over GraphQL, say of each entry: facts by the entry's key."""

import argparse
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx

from catalogs.entry import Entry
from catalogs.sources import genai_prices, litellm, models_dev

Facts = dict[str, Any]
_PAGE = """query ($name: String!, $after: String) {
  catalog(name: $name) {
    entries(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        key
        differences { field catalogValue }
        binding {
          contextWindow maxOutputTokens capabilities requestsPerMinute tokensPerMinute sunsetOn
          version { contextWindow maxOutputTokens capabilities releasedOn }
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
    """Whether the field is as expected, or the registry says that the catalog says so."""
    found = facts.get(field)
    if isinstance(found, Decimal) and isinstance(expected, Decimal):
        return abs(found - expected) <= Decimal("1e-10")
    return found == expected or field.partition(" ")[0] in facts.get("differs", ())


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
        for each in (said.prices[-1].components if said.prices else ())
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


def _capabilities(names: Any) -> Facts:
    known = ("TOOLS", "VISION", "JSON_SCHEMA", "REASONING", "WEB_SEARCH", "PDF_INPUT")
    audio = ("AUDIO_INPUT", "AUDIO_OUTPUT")
    return {f"has {name}": name in (names or ()) for name in (*known, *audio)}


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
        page = answer["data"]["catalog"]["entries"]
        for node in page["nodes"]:
            yield node["key"], _of_binding(node)
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _of_binding(node: Any) -> Facts:
    binding = node["binding"]
    version = binding["version"]
    capabilities = binding["capabilities"]
    return {
        "context_window": binding["contextWindow"],
        "max_output_tokens": binding["maxOutputTokens"],
        "requests_per_minute": binding["requestsPerMinute"],
        "tokens_per_minute": binding["tokensPerMinute"],
        "sunset_on": binding["sunsetOn"],
        "released_on": version["releasedOn"],
        **_capabilities(capabilities),
        **_prices(binding["price"]["components"] if binding["price"] else []),
        "differs": [each["field"] for each in node["differences"]],
    }
