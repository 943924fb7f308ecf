"""JSON documents of catalogs, and the formats that they look like."""

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from catalogs.catalog import CatalogError
from catalogs.sources.values import shown

LITELLM = "a LiteLLM price map"
MODELS_DEV = "the JSON of models.dev's API"
GENAI_PRICES = "the data of genai-prices"
OPENROUTER = "OpenRouter's list of models"


class Repeated(dict[str, Any]):
    """A JSON object with keys that are in it more than once; the last value of each counts."""

    keys_repeated: tuple[str, ...] = ()


def parse(content: bytes) -> Any:
    """The document, with numbers as int or Decimal; raises CatalogError. A BOM is accepted."""
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            parse_float=_decimal,
            parse_constant=_decimal,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as error:
        raise CatalogError(f"it is not JSON: {error or 'it is nested too deeply'}") from error


def repeated(value: Any) -> tuple[str, ...]:
    """The keys that an object of the document has more than once."""
    return value.keys_repeated if isinstance(value, Repeated) else ()


def remarks(value: Any) -> list[str]:
    """A remark for each key that the object, or an object in it, has more than once."""
    found = [f"it has {shown(key)} more than once: the last one is read" for key in repeated(value)]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*found, *(each for part in inner for each in remarks(part))]


def looks_like(document: Any) -> str | None:
    """The format of a document, or None when it is none of those that are known."""
    return next((name for name, test in _FORMATS.items() if test(document)), None)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent that Decimal does not have
        return Decimal("NaN")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    found = Repeated(plain)
    counts = Counter(key for key, _ in pairs)
    found.keys_repeated = tuple(key for key, number in counts.items() if number > 1)
    return found


def _is_litellm(document: Any) -> bool:
    return isinstance(document, dict) and any(
        isinstance(entry, dict)
        and any(name in ("litellm_provider", "alias_of") or "cost_per" in name for name in entry)
        for entry in document.values()
    )


def _is_models_dev(document: Any) -> bool:
    return isinstance(document, dict) and any(
        isinstance(provider, dict) and isinstance(provider.get("models"), dict)
        for provider in document.values()
    )


def _is_genai_prices(document: Any) -> bool:
    return isinstance(document, list) and any(
        isinstance(provider, dict) and isinstance(provider.get("models"), list)
        for provider in document
    )


def _is_openrouter(document: Any) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        return False
    return any(isinstance(model, dict) and "pricing" in model for model in document["data"])


_FORMATS: dict[str, Callable[[Any], bool]] = {
    OPENROUTER: _is_openrouter,
    MODELS_DEV: _is_models_dev,
    LITELLM: _is_litellm,
    GENAI_PRICES: _is_genai_prices,
}
