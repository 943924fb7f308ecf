"""What the price keys of LiteLLM's map charge for; docs/catalog-sources.md shows this mapping.

A key is a base, then optional suffixes: `_above_200k_tokens` is the tier, `_batches` the variant.
"""

import re
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache

from catalogs.sources.components import Meaning
from domain.enums import PriceMeter, PriceUnit, PriceVariant

Charge = tuple[PriceMeter, PriceUnit]
_ONE, _THOUSAND = Decimal(1), Decimal(1000)
_SUFFIXES = re.compile(
    r"(?P<base>.+?)(?:_above_(?P<tier>\d{1,5})k_tokens)?"
    r"(?:_(?P<variant>batches|flex|priority|ultrafast))?"
)
VARIANTS = {
    "batches": PriceVariant.BATCH,
    "flex": PriceVariant.FLEX,
    "priority": PriceVariant.PRIORITY,
    "ultrafast": PriceVariant.FAST,
}
_TOKENS = {
    "input_cost_per_token": PriceMeter.INPUT,
    "output_cost_per_token": PriceMeter.OUTPUT,
    "cache_read_input_token_cost": PriceMeter.CACHE_READ,
    "input_cost_per_token_cache_hit": PriceMeter.CACHE_READ,
    "cache_creation_input_token_cost": PriceMeter.CACHE_WRITE,
    "cache_creation_input_token_cost_above_1hr": PriceMeter.CACHE_WRITE_1H,
    "output_cost_per_reasoning_token": PriceMeter.REASONING,
    "input_cost_per_audio_token": PriceMeter.AUDIO_INPUT,
    "output_cost_per_audio_token": PriceMeter.AUDIO_OUTPUT,
    "cache_read_input_audio_token_cost": PriceMeter.AUDIO_CACHE_READ,
    "input_cost_per_image_token": PriceMeter.IMAGE_INPUT,
    "output_cost_per_image_token": PriceMeter.IMAGE_OUTPUT,
    "input_cost_per_video_token": PriceMeter.VIDEO_INPUT,
    "output_cost_per_video_token": PriceMeter.VIDEO_OUTPUT,
}
_OTHERS: dict[str, Charge] = {
    "input_cost_per_character": (PriceMeter.INPUT, PriceUnit.CHARACTERS_1K),
    "output_cost_per_character": (PriceMeter.OUTPUT, PriceUnit.CHARACTERS_1K),
    "input_cost_per_image": (PriceMeter.IMAGE_INPUT, PriceUnit.IMAGE),
    "output_cost_per_image": (PriceMeter.IMAGE_OUTPUT, PriceUnit.IMAGE),
    "input_cost_per_audio_per_second": (PriceMeter.AUDIO_INPUT, PriceUnit.SECOND),
    "input_cost_per_video_per_second": (PriceMeter.VIDEO_INPUT, PriceUnit.SECOND),
    "output_cost_per_video_per_second": (PriceMeter.VIDEO_OUTPUT, PriceUnit.SECOND),
    "ocr_cost_per_page": (PriceMeter.INPUT, PriceUnit.PAGE),
    "input_cost_per_query": (PriceMeter.REQUEST, PriceUnit.QUERY),
    "input_cost_per_request": (PriceMeter.REQUEST, PriceUnit.REQUEST),
    "search_context_cost_per_query": (PriceMeter.WEB_SEARCH, PriceUnit.QUERY),
}
BASES: dict[str, Charge] = {
    **{base: (meter, PriceUnit.TOKENS_1K) for base, meter in _TOKENS.items()},
    **_OTHERS,
}
# Keys whose meaning depends on the entry's mode; a mode that is missing here has no meter.
BY_MODE: dict[tuple[str, str | None], Charge] = {
    ("input_cost_per_query", "search"): (PriceMeter.WEB_SEARCH, PriceUnit.QUERY),
    ("input_cost_per_second", "audio_transcription"): (PriceMeter.AUDIO_INPUT, PriceUnit.SECOND),
    ("output_cost_per_second", "audio_transcription"): (PriceMeter.AUDIO_INPUT, PriceUnit.SECOND),
    ("input_cost_per_second", "realtime"): (PriceMeter.AUDIO_INPUT, PriceUnit.SECOND),
    ("output_cost_per_second", "audio_speech"): (PriceMeter.AUDIO_OUTPUT, PriceUnit.SECOND),
    ("output_cost_per_second", "video_generation"): (PriceMeter.VIDEO_OUTPUT, PriceUnit.SECOND),
}
# Keys that no meter has, and why; `*` stands for any text.
UNMAPPED = {
    "cache_creation_input_token_cost_above_12hr*": "no meter for a cache of 12 hours",
    "cache_creation_input_audio_token_cost": "no meter for writing audio to a cache",
    "cache_read_input_image_token_cost": "no meter for reading images from a cache",
    "explicit_cache_read_input_token_cost": "no meter for a cache that the caller manages",
    "*_balanced": "no variant for balanced calls",
    "*_decisions": "no variant for decisions",
    "input_cost_per_pixel": "no unit for pixels",
    "output_cost_per_pixel": "no unit for pixels",
    "output_cost_per_image_*": "no component for one size of images",
    "input_cost_per_second": "the map does not say what the seconds are of",
    "output_cost_per_second": "the map does not say what the seconds are of",
    "cost_per_second": "the map does not say what the seconds are of",
    "output_cost_per_second_*": "no component for one resolution of video",
    "input_cost_per_video_per_second_above_*s_interval": "no tier for lengths of video",
    "annotation_cost_per_page*": "no meter for annotations",
    "ocr_cost_per_credit": "no unit for credits",
    "citation_cost_per_token": "no meter for citations",
    "google_maps_grounding_cost_per_query": "no meter for searches of maps",
    "input_cost_per_text_message": "no unit for messages",
    "code_interpreter_cost_per_session": "no meter for sessions of a code interpreter",
    "computer_use_*put_cost_per_1k_tokens": "no meter for the use of a computer",
    "file_search_cost_per_*": "no meter for stored files",
    "vector_store_cost_per_*": "no meter for stored files",
    "guardrail_cost_per_unit": "no meter for the units of guardrails",
    "*put_dbu_cost_per_token": "a price in units of Databricks, not in US dollars",
    "off_peak_pricing": "no component for times of day: the usual price is imported",
    "search_free_requests": "no component for an allowance of free searches",
    "regional_*_uplift_multiplier*": "no component for the surcharge of a region",
    "provider_specific_entry": "no component for surcharges of single providers",
}
UNKNOWN = "this importer does not know the key"
_PRICE = re.compile(r".*(?:cost|price|pricing|multiplier).*", re.DOTALL)
# Keys that say again, in another currency or under another name, what the second key says.
REPEATED = {
    "input_dbu_cost_per_token": "input_cost_per_token",
    "output_dbu_cost_per_token": "output_cost_per_token",
    "cost_per_second": "input_cost_per_second",
}


@lru_cache(maxsize=4096)  # a map has thousands of entries, and hundreds of keys
def meaning(key: str, mode: str | None) -> Meaning | str | None:
    """What a key charges for, the reason why it has no meter, or None when it is no price."""
    match = _SUFFIXES.fullmatch(key)
    charge = match and _charge(match["base"], mode)
    if match is None or charge is None:
        return _reason(key)
    meter, unit = charge
    scale = _THOUSAND if unit in (PriceUnit.TOKENS_1K, PriceUnit.CHARACTERS_1K) else _ONE
    tier = int(match["tier"] or 0) * 1000
    return Meaning(meter, unit, scale, tier, VARIANTS.get(match["variant"], PriceVariant.STANDARD))


def _charge(base: str, mode: str | None) -> Charge | None:
    return BY_MODE.get((base, mode)) or BASES.get(base)


def _reason(key: str) -> str | None:
    reasons = (reason for form, reason in UNMAPPED.items() if fnmatchcase(key, form))
    return next(reasons, UNKNOWN if _PRICE.fullmatch(key) else None)
