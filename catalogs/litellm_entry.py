"""One entry of the LiteLLM price map, checked field by field."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from catalogs.catalog import CatalogError, Facts, Price
from catalogs.prices import MOST, per_1k
from domain import patterns
from domain.enums import Capability, TaskType

_TASKS = {
    "audio_speech": TaskType.TEXT_TO_SPEECH,
    "audio_transcription": TaskType.SPEECH_TO_TEXT,
    "chat": TaskType.CHAT,
    "completion": TaskType.COMPLETION,
    "decisions": TaskType.CLASSIFICATION,
    "embedding": TaskType.EMBEDDING,
    "guardrail": TaskType.MODERATION,
    "image_edit": TaskType.IMAGE_EDIT,
    "image_generation": TaskType.IMAGE_GENERATION,
    "moderation": TaskType.MODERATION,
    "ocr": TaskType.OCR,
    "realtime": TaskType.REALTIME,
    "rerank": TaskType.RERANK,
    "responses": TaskType.CHAT,
    "search": TaskType.SEARCH,
    "video_generation": TaskType.VIDEO_GENERATION,
}
_CAPABILITIES = {
    "supports_audio_input": Capability.AUDIO_INPUT,
    "supports_audio_output": Capability.AUDIO_OUTPUT,
    "supports_computer_use": Capability.COMPUTER_USE,
    "supports_function_calling": Capability.TOOLS,
    "supports_native_streaming": Capability.STREAMING,
    "supports_parallel_function_calling": Capability.PARALLEL_TOOLS,
    "supports_pdf_input": Capability.PDF_INPUT,
    "supports_prompt_caching": Capability.PROMPT_CACHING,
    "supports_reasoning": Capability.REASONING,
    "supports_response_schema": Capability.JSON_SCHEMA,
    "supports_vision": Capability.VISION,
    "supports_web_search": Capability.WEB_SEARCH,
}
_PRICES = ("input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost")
_TIERS = re.compile(r"_above_\d+k_tokens$")
_SLUG = re.compile(patterns.SLUG, re.ASCII)
_TOKENS_MAX = 2_147_483_647  # what the column holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one entry says; None where it does not say."""

    key: str
    provider: str | None
    task: TaskType | None
    facts: Facts
    prices: tuple[Price, ...]
    sunset_on: date | None
    regions: tuple[str, ...]
    simplified: tuple[str, ...]


def parse(key: str, given: Any) -> Entry:
    """The entry under `key`; raises CatalogError, naming it, when it is malformed."""
    if not isinstance(given, dict):
        raise CatalogError(f"entry {key!r} is not an object")
    mode = _text(key, given, "mode")
    prices, simplified = _prices(key, given)
    return Entry(
        key=key,
        provider=_text(key, given, "litellm_provider") or None,
        task=None if mode is None else _TASKS.get(mode, TaskType.OTHER),
        facts=Facts(
            context_window=_tokens(key, given, "max_input_tokens"),
            max_output_tokens=_tokens(key, given, "max_output_tokens"),
            capabilities=_capabilities(key, given),
        ),
        prices=prices,
        sunset_on=_date(key, given, "deprecation_date"),
        regions=_regions(key, given),
        simplified=tuple(simplified),
    )


def _prices(key: str, given: dict[str, Any]) -> tuple[tuple[Price, ...], list[str]]:
    amounts = [_amount(key, given, name) for name in _PRICES]
    others = [name for name in given if "cost" in name and name not in _PRICES]
    for name in others:
        if isinstance(given[name], int | Decimal):
            _amount(key, given, name)
    simplified = ["priced in tiers: the base tier is taken"] * any(map(_TIERS.search, others))
    tier = _first_tier(key, given)
    if tier is not None and amounts[:2] == [None, None]:
        amounts = [_amount(key, tier, name) for name in _PRICES]
        simplified = ["priced in tiers: the base tier is taken"]
    if not any(amounts) and any(given[name] for name in others):
        # "0 per token" beside a price per image or second means: not sold by the token
        amounts = [None, None, None]
    if amounts == [None, None, None]:
        return (), [*simplified, "not priced by tokens: its price is unknown"]
    return (
        Price(input_per_1k=amounts[0], output_per_1k=amounts[1], cache_read_per_1k=amounts[2]),
    ), simplified


def _first_tier(key: str, given: dict[str, Any]) -> dict[str, Any] | None:
    tiers = given.get("tiered_pricing")
    if tiers is None or tiers == []:
        return None
    if not isinstance(tiers, list) or not isinstance(tiers[0], dict):
        raise _wrong(key, "tiered_pricing", "a list of objects")
    return tiers[0]


def _amount(key: str, given: dict[str, Any], name: str) -> Decimal | None:
    """USD per 1,000 tokens of a field in USD per token."""
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _wrong(key, name, "a number")
    amount = Decimal(value)
    if not amount.is_finite() or amount < 0 or amount > MOST / 1000:
        raise _wrong(key, name, "a finite amount of 0 or more")
    return per_1k(amount, Decimal(1))


def _tokens(key: str, given: dict[str, Any], name: str) -> int | None:
    """A number of tokens; 0, which the map writes for 'does not apply', is None."""
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _wrong(key, name, "a whole number")
    if not 0 <= value <= _TOKENS_MAX or value != int(value):
        raise _wrong(key, name, f"a whole number of 0 to {_TOKENS_MAX}")
    return int(value) or None


def _capabilities(key: str, given: dict[str, Any]) -> tuple[Capability, ...] | None:
    found = []
    for name, capability in _CAPABILITIES.items():
        value = given.get(name)
        if value is not None and not isinstance(value, bool):
            raise _wrong(key, name, "true or false")
        if value:
            found.append(capability)
    return tuple(found) if any(name in given for name in _CAPABILITIES) else None


def _regions(key: str, given: dict[str, Any]) -> tuple[str, ...]:
    value = given.get("supported_regions")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(_is_slug(region) for region in value):
        raise _wrong(key, "supported_regions", "a list of region names")
    return _unique(value)


def _is_slug(value: Any) -> bool:
    return isinstance(value, str) and _SLUG.fullmatch(value) is not None


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _date(key: str, given: dict[str, Any], name: str) -> date | None:
    value = _text(key, given, name)
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise _wrong(key, name, "a date as YYYY-MM-DD") from error


def _text(key: str, given: dict[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise _wrong(key, name, "text")
    return value


def _wrong(key: str, name: str, wanted: str) -> CatalogError:
    return CatalogError(f"entry {key!r}: {name} is not {wanted}")
