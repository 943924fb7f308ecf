"""Parses one entry of the LiteLLM price map, and checks every field."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from catalogs import providers
from catalogs.catalog import CatalogError, Facts, Price
from catalogs.prices import AMOUNT_MAX, BASE_TIER, NO_PRICE, per_1k
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
_TOKENS_MAX = 2_147_483_647  # the largest value of the column


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteLLMEntry:
    """One parsed entry; None is unknown."""

    key: str
    provider: str  # a slug; empty when unknown
    task: TaskType | None
    facts: Facts
    prices: tuple[Price, ...]
    sunset_on: date | None
    regions: tuple[str, ...]
    partial_reasons: tuple[str, ...]


def parse(key: str, fields: Any) -> LiteLLMEntry:
    """The entry of that key; raises a CatalogError that names it when it is malformed."""
    if not isinstance(fields, dict):
        raise CatalogError(f"entry {key!r} is not an object")
    mode = _text(key, fields, "mode")
    prices, partial_reasons = _prices(key, fields)
    return LiteLLMEntry(
        key=key,
        provider=providers.slug(_text(key, fields, "litellm_provider") or ""),
        task=None if mode is None else _TASKS.get(mode, TaskType.OTHER),
        facts=Facts(
            context_window=_tokens(key, fields, "max_input_tokens"),
            max_output_tokens=_tokens(key, fields, "max_output_tokens"),
            capabilities=_capabilities(key, fields),
        ),
        prices=prices,
        sunset_on=_date(key, fields, "deprecation_date"),
        regions=_regions(key, fields),
        partial_reasons=tuple(partial_reasons),
    )


def _prices(key: str, fields: dict[str, Any]) -> tuple[tuple[Price, ...], list[str]]:
    amounts = [_amount(key, fields, name) for name in _PRICES]
    others = [name for name in fields if "cost" in name and name not in _PRICES]
    for name in others:
        if isinstance(fields[name], int | Decimal):
            _amount(key, fields, name)
    partial_reasons = [BASE_TIER] * any(map(_TIERS.search, others))
    tier = _first_tier(key, fields)
    if tier is not None and amounts[:2] == [None, None]:
        amounts = [_amount(key, tier, name) for name in _PRICES]
        partial_reasons = [BASE_TIER]
    if not any(amounts) and any(fields[name] for name in others):
        # "0 per token" beside a price per image or second means that tokens have no price
        amounts = [None, None, None]
    if amounts == [None, None, None]:
        return (), [*partial_reasons, NO_PRICE]
    return (
        Price(input_per_1k=amounts[0], output_per_1k=amounts[1], cache_read_per_1k=amounts[2]),
    ), partial_reasons


def _first_tier(key: str, fields: dict[str, Any]) -> dict[str, Any] | None:
    tiers = fields.get("tiered_pricing")
    if tiers is None or tiers == []:
        return None
    if not isinstance(tiers, list) or not isinstance(tiers[0], dict):
        raise _wrong(key, "tiered_pricing", "a list of objects")
    return tiers[0]


def _amount(key: str, fields: dict[str, Any], name: str) -> Decimal | None:
    """USD per 1,000 tokens, from a field in USD per token."""
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _wrong(key, name, "a number")
    amount = Decimal(value)
    if not amount.is_finite() or amount < 0 or amount > AMOUNT_MAX / 1000:
        raise _wrong(key, name, "a finite amount of 0 or more")
    return per_1k(amount, Decimal(1))


def _tokens(key: str, fields: dict[str, Any], name: str) -> int | None:
    """A number of tokens; the map writes 0 for 'does not apply', which becomes None."""
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _wrong(key, name, "a whole number")
    if not 0 <= value <= _TOKENS_MAX or value != int(value):
        raise _wrong(key, name, f"a whole number of 0 to {_TOKENS_MAX}")
    return int(value) or None


def _capabilities(key: str, fields: dict[str, Any]) -> tuple[Capability, ...] | None:
    capabilities = []
    for name, capability in _CAPABILITIES.items():
        value = fields.get(name)
        if value is not None and not isinstance(value, bool):
            raise _wrong(key, name, "true or false")
        if value:
            capabilities.append(capability)
    return tuple(capabilities) if any(name in fields for name in _CAPABILITIES) else None


def _regions(key: str, fields: dict[str, Any]) -> tuple[str, ...]:
    value = fields.get("supported_regions")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(_is_slug(region) for region in value):
        raise _wrong(key, "supported_regions", "a list of region names")
    return tuple(dict.fromkeys(value))  # each once, in the order of the entry


def _is_slug(value: Any) -> bool:
    return isinstance(value, str) and _SLUG.fullmatch(value) is not None


def _date(key: str, fields: dict[str, Any], name: str) -> date | None:
    value = _text(key, fields, name)
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise _wrong(key, name, "a date as YYYY-MM-DD") from error


def _text(key: str, fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise _wrong(key, name, "text")
    return value


def _wrong(key: str, name: str, expected: str) -> CatalogError:
    return CatalogError(f"entry {key!r}: {name} is not {expected}")
