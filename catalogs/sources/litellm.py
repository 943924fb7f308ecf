"""The LiteLLM price map (MIT, JSON): one object with one entry per model of a provider.

Prices are US dollars per token. `mode` is the task, `supports_*` are the capabilities,
`deprecation_date` is the sunset date. Several `supported_regions` make an entry each, with the key
`KEY@REGION`. An entry with `alias_of` is another name of that entry's model.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalogs import providers, source
from catalogs.entry import Entry, Said, SaidPrice, SourceFile
from catalogs.sources import collecting, document, litellm_prices, regions, values
from catalogs.sources.collecting import Collected
from catalogs.sources.values import Unreadable
from domain import patterns, rules
from domain.enums import Capability, TaskType

CATALOG = "litellm"
PRECEDENCE = 30
TASKS = {
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
CAPABILITIES = {
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
# Keys that name no model that can be called, and why.
_NOT_MODELS = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"sample_spec", "the example of an entry"),
        (r"fallback_generalizations", "rules, not a model"),
        (r".*-commitment/.*", "a price for reserved capacity, not for calls"),
        (r"(?:openai|azure)/container", "a price for sessions of a tool, not a model"),
        (
            r"(?:fireworks|together)-ai-(?:embedding-|moe-)?(?:up-to|above|default|[\d.]+[bm]).*",
            "a price for all models of a size, not a model",
        ),
    )
)
_ALIASES_MAX = 10  # an alias of an alias, and so on
_REGION = rules.matches(patterns.SLUG, "a region")


def read(path_or_url: str, strict: bool = False) -> SourceFile:
    """The map at a path or an http(s) URL, gzipped or not; raises CatalogError.

    `strict` refuses a file with an entry that cannot be understood.
    """
    return from_content(source.read(path_or_url), source.address(path_or_url), strict)


def from_content(content: bytes, url: str | None, strict: bool = False) -> SourceFile:
    """The same from the uncompressed content of a file that came from `url`."""
    entries = collecting.objects(document.parse(content), document.LITELLM)
    collected = Collected()
    for key, raw in entries.items():
        _add(collected, entries, key, raw)
    for key in document.repeated(entries):
        collecting.remark(collected, key, [collecting.REPEATED])
    collecting.refuse(collected, entries, document.LITELLM, strict)
    file_hash = hashlib.sha256(content).hexdigest()
    return collecting.source_file(collected, CATALOG, PRECEDENCE, url, file_hash)


def _add(collected: Collected, entries: Mapping[str, Any], key: str, raw: Any) -> None:
    reason = next((reason for form, reason in _NOT_MODELS if form.fullmatch(key)), None)
    if reason:
        collecting.ignore(collected, key, reason)
    else:
        collecting.add(collected, key, raw, lambda *entry: _parse(entries, *entry))


def _parse(entries: Mapping[str, Any], key: str, raw: Any, remarks: list[str]) -> Iterator[Entry]:
    fields, original = _resolved(entries, values.mapping(raw, "the entry"))
    remarks += document.remarks(raw)
    provider = _provider(fields)
    path, region = regions.split_path(_path(key, provider))
    raw_name, geography = regions.split_geography(path)
    said = _said(fields, remarks)
    several = _regions(fields, remarks)
    for each in several or (region or geography,):
        yield Entry(
            key=f"{key}@{each}" if len(several) > 1 else key,
            provider=provider,
            provider_model_id=path,
            region=each,
            raw_name=raw_name,
            same_as=_same_as(original, provider),
            said=said,
        )


def _resolved(
    entries: Mapping[str, Any], fields: Mapping[str, Any]
) -> tuple[Mapping[str, Any], str | None]:
    """The fields with those of the entry that it is an alias of, and that entry's key."""
    original = None
    for _ in range(_ALIASES_MAX):
        target = values.text(fields, "alias_of")
        if target is None:
            return fields, original
        if target not in entries:
            raise Unreadable(f"it is an alias of {values.shown(target)}, which is not in the file")
        own = {name: value for name, value in fields.items() if name != "alias_of"}
        fields, original = {**values.mapping(entries[target], "the original"), **own}, target
    raise Unreadable(f"it is an alias of an alias, more than {_ALIASES_MAX} times")


def _provider(fields: Mapping[str, Any]) -> str:
    name = values.text(fields, "litellm_provider")
    if name is None:
        raise Unreadable("it names no provider")
    slug = providers.slug(name)
    if not slug:
        raise Unreadable(f"no slug can be made from its provider {values.shown(name)}")
    return slug


def _path(key: str, provider: str) -> str:
    """The entry's key without the provider's prefix."""
    first, _, rest = key.partition("/")
    return rest if rest and providers.slug(first) == provider else key


def _same_as(original: str | None, provider: str) -> tuple[str, ...]:
    if original is None:
        return ()
    path, _ = regions.split_path(_path(original, provider))
    return (regions.split_geography(path)[0],)


def _said(fields: Mapping[str, Any], remarks: list[str]) -> Said:
    mode = values.optional(values.text, fields, "mode", remarks)
    components = litellm_prices.read(fields, mode, remarks)
    return Said(
        sunset_on=values.optional(values.day, fields, "deprecation_date", remarks),
        context_window=values.optional(values.count, fields, "max_input_tokens", remarks),
        max_output_tokens=values.optional(values.count, fields, "max_output_tokens", remarks),
        capabilities=_capabilities(fields, remarks),
        requests_per_minute=values.optional(values.count, fields, "rpm", remarks),
        tokens_per_minute=values.optional(values.count, fields, "tpm", remarks),
        prices=(SaidPrice(None, components),) if components else (),
        task=None if mode is None else TASKS.get(mode, TaskType.OTHER),
    )


def _capabilities(fields: Mapping[str, Any], remarks: list[str]) -> tuple[Capability, ...] | None:
    """None where no flag says anything."""
    flags = {
        capability: values.optional(values.flag, fields, name, remarks)
        for name, capability in CAPABILITIES.items()
    }
    if all(flag is None for flag in flags.values()):
        return None
    return tuple(sorted(capability for capability, flag in flags.items() if flag))


def _regions(fields: Mapping[str, Any], remarks: list[str]) -> tuple[str, ...]:
    """Each region once, in the order of the entry, in lower case."""
    found = fields.get("supported_regions")
    if found is None:
        return ()
    if not isinstance(found, list):
        remarks.append(f"supported_regions is not a list: {values.shown(found)}")
        return ()
    lower = dict.fromkeys(
        each.lower() if isinstance(each, str) else each for each in found if isinstance(each, str)
    )
    bad = [each for each in found if not isinstance(each, str) or _REGION(each.lower())]
    remarks += [f"supported_regions: {values.shown(each)} is not a region" for each in bad]
    return tuple(each for each in lower if not _REGION(each))
