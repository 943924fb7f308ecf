"""Compares random entries of real files with what the readers, or a registry, made of them.

What is expected is worked out here again, by other means: this module shares no code with the
readers. `python -m tests.catalogs.sources.independent --litellm FILE --models-dev FILE` compares
with the readers; with `--registry http://127.0.0.1:8003/graphql`, with a registry that has imported
the files. genai-prices needs no file. It prints each difference, and exits with 1 if there is one.
"""

import argparse
import gzip
import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import genai_prices.data

from tests.catalogs.sources import actual

Facts = dict[str, Any]
_SUFFIXES = {"_batches": "BATCH", "_priority": "PRIORITY", "_flex": "FLEX", "_ultrafast": "FAST"}
_LITELLM_TOKENS = {
    "input_cost_per_token": "INPUT",
    "output_cost_per_token": "OUTPUT",
    "cache_read_input_token_cost": "CACHE_READ",
    "cache_creation_input_token_cost": "CACHE_WRITE",
    "cache_creation_input_token_cost_above_1hr": "CACHE_WRITE_1H",
    "output_cost_per_reasoning_token": "REASONING",
    "input_cost_per_audio_token": "AUDIO_INPUT",
    "output_cost_per_audio_token": "AUDIO_OUTPUT",
}
_MODELS_DEV_TOKENS = {
    "input": "INPUT",
    "output": "OUTPUT",
    "cache_read": "CACHE_READ",
    "cache_write": "CACHE_WRITE",
    "reasoning": "REASONING",
    "input_audio": "AUDIO_INPUT",
    "output_audio": "AUDIO_OUTPUT",
}


def litellm(entry: Mapping[str, Any]) -> Facts:
    """What an entry of LiteLLM's map says, by field."""
    flags = {
        "supports_function_calling": "TOOLS",
        "supports_vision": "VISION",
        "supports_response_schema": "JSON_SCHEMA",
        "supports_reasoning": "REASONING",
        "supports_web_search": "WEB_SEARCH",
        "supports_pdf_input": "PDF_INPUT",
    }
    others = ("audio_input", "audio_output", "computer_use", "native_streaming", "prompt_caching")
    parallel = "parallel_function_calling"
    said = {*flags, *(f"supports_{other}" for other in (*others, parallel))} & entry.keys()
    return {
        "context_window": int(entry.get("max_input_tokens") or 0) or None,
        "max_output_tokens": int(entry.get("max_output_tokens") or 0) or None,
        "requests_per_minute": int(entry.get("rpm") or 0) or None,
        "tokens_per_minute": int(entry.get("tpm") or 0) or None,
        "sunset_on": entry.get("deprecation_date"),
        **{f"has {name}": bool(entry.get(flag)) if said else None for flag, name in flags.items()},
        **_litellm_prices(entry),
    }


def _litellm_prices(entry: Mapping[str, Any]) -> Facts:
    """None for each meter of tokens without a price; zeros beside another price are no price."""
    found = dict(_litellm_amounts(entry, 0))
    for tier in entry.get("tiered_pricing") or ():
        if "range" in tier:
            found |= _litellm_amounts(tier, int(tier["range"][0]))
    if not any(found.values()) and any(_others(entry)):
        found = {}
    bases = {f"STANDARD {meter} 0": None for meter in _LITELLM_TOKENS.values()}
    return {**bases, **found}


def _litellm_amounts(entry: Mapping[str, Any], start: int) -> Iterator[tuple[str, Decimal]]:
    for key, value in entry.items():
        base, variant, above = key, "STANDARD", start
        for suffix, name in _SUFFIXES.items():
            if base.endswith(suffix):
                base, variant = base[: -len(suffix)], name
        head, _, tier = base.rpartition("_above_")
        if tier.endswith("k_tokens"):
            base, above = head, int(tier.removesuffix("k_tokens")) * 1000
        if base in _LITELLM_TOKENS and value is not None:
            yield f"{variant} {_LITELLM_TOKENS[base]} {above}", _per(value, "1000")


def _others(entry: Mapping[str, Any]) -> Iterator[bool]:
    """Whether there is a price for something else than tokens and searches of the web."""
    for key, value in entry.items():
        is_other = "cost" in key and "search_context" not in key
        yield is_other and isinstance(value, int | float | Decimal) and value > 0


def models_dev(model: Mapping[str, Any]) -> Facts:
    """What a model of models.dev says, by field."""
    limit, modalities = model.get("limit", {}), model.get("modalities", {})
    accepted, answered = modalities.get("input", ()), modalities.get("output", ())
    facts = {
        "context_window": limit.get("context") or None,
        "max_output_tokens": limit.get("output") or None,
        "released_on": _date(model.get("release_date")),
        "has TOOLS": bool(model.get("tool_call")),
        "has REASONING": bool(model.get("reasoning")),
        "has JSON_SCHEMA": bool(model.get("structured_output")),
        "has VISION": "image" in accepted,
        "has PDF_INPUT": "pdf" in accepted,
        "has AUDIO_INPUT": "audio" in accepted,
        "has AUDIO_OUTPUT": "audio" in answered,
    }
    return {**facts, **_models_dev_prices(model.get("cost") or {})}


def _date(text: str | None) -> str | None:
    try:
        return str(datetime.strptime(f"{text} +0000", "%Y-%m-%d %z").date())
    except ValueError:
        return None


def _models_dev_prices(cost: Mapping[str, Any]) -> Facts:
    facts: Facts = {}
    other_spellings = {"CACHE_READ", "CACHE_WRITE"}
    for key, meter in _MODELS_DEV_TOKENS.items():
        amount = cost.get(key)
        if amount is not None or meter not in other_spellings:
            facts[f"STANDARD {meter} 0"] = _per(amount, "0.001")
        for tier in cost.get("tiers", ()):
            if key in tier:
                facts[f"STANDARD {meter} {tier['tier']['size']}"] = _per(tier[key], "0.001")
    return facts


def genai(model: Any) -> Facts:
    """What a model of genai-prices says, by field: its base prices as of now."""
    prices = model.get_prices(datetime.now(UTC))
    keys = {"input_mtok": "INPUT", "output_mtok": "OUTPUT", "cache_read_mtok": "CACHE_READ"}
    by_hour = _has_prices_by_hour(model)
    facts = {"context_window": model.context_window or None}
    for key, meter in keys.items():
        amount = getattr(prices, key, None)
        base = getattr(amount, "base", amount)
        if not by_hour:
            facts[f"STANDARD {meter} 0"] = _per(base, "0.001")
    return facts


def genai_models() -> dict[str, Any]:
    """All models of genai-prices, by the keys of their entries."""
    providers = genai_prices.data.providers
    return {f"{each.id}/{model.id}": model for each in providers for model in each.models}


def _has_prices_by_hour(model: Any) -> bool:
    conditionals = model.prices if isinstance(model.prices, list) else []
    return any(hasattr(each.constraint, "start_time") for each in conditionals)


def _per(amount: Any, factor: str) -> Decimal | None:
    if amount is None:
        return None
    kept = round(Decimal(str(amount)) * Decimal(factor), 10)
    return kept if kept or not Decimal(str(amount)) else None  # too small to keep: unknown


def differences(
    raw: Mapping[str, Any], expect: Callable[[Any], Facts], found: Mapping[str, Facts]
) -> list[str]:
    """Each field of each entry that is not as expected."""
    wrong = []
    for key, entry in raw.items():
        if key not in found:
            wrong.append(f"{key}: it is missing")
            continue
        for field, value in expect(entry).items():
            if not actual.agrees(found[key], field, value):
                wrong.append(f"{key}: {field} is {found[key].get(field)}, not {value}")
    return wrong


def _load(path: Path) -> Any:
    content = path.read_bytes()
    plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    return json.loads(plain, parse_float=Decimal)


def _raw(arguments: argparse.Namespace) -> dict[str, tuple[dict[str, Any], Callable[[Any], Facts]]]:
    """The raw entries of each catalog by key, and how to read them."""
    found: dict[str, tuple[dict[str, Any], Callable[[Any], Facts]]] = {
        "genai-prices": (genai_models(), genai)
    }
    if arguments.litellm:
        entries = _load(arguments.litellm)
        single = {key: entry for key, entry in entries.items() if _is_single(key, entry)}
        found["litellm"] = (single, litellm)
    if arguments.models_dev:
        document = _load(arguments.models_dev)
        found["models-dev"] = (
            {
                f"{name}/{model}": fields
                for name, provider in document.items()
                for model, fields in provider["models"].items()
            },
            models_dev,
        )
    return found


def _is_single(key: str, entry: Any) -> bool:
    """Whether it is a model, and one entry: not one for each of several regions."""
    is_class = key.startswith(("fireworks-ai-", "together-ai-")) or key.endswith("/container")
    is_model = "litellm_provider" in entry and "commitment" not in key and key != "sample_spec"
    return is_model and not is_class and len(entry.get("supported_regions") or ()) < 2


def main() -> int:
    """Compares; 0 when all is as expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--litellm", type=Path)
    parser.add_argument("--models-dev", type=Path)
    parser.add_argument("--registry", help="the URL of a registry's GraphQL API")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    wrong: list[str] = []
    catalogs = _raw(arguments)
    for catalog, (raw, expect) in catalogs.items():
        keys = random.Random(arguments.seed).sample(sorted(raw), min(arguments.count, len(raw)))
        found = actual.of(catalog, arguments)
        bad = differences({key: raw[key] for key in keys}, expect, found)
        wrong += [f"{catalog}: {len(keys)} entries compared, {len(bad)} differences", *bad]
    sys.stdout.writelines(f"{line}\n" for line in wrong)
    return len(wrong) > len(catalogs)


if __name__ == "__main__":
    sys.exit(main())
