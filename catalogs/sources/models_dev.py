"""models.dev (MIT, JSON): the shape of its API, an object of providers with their models.

Prices are US dollars per million tokens. What the models accept and answer are the capabilities.
A file has the form of https://models.dev/api.json.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from catalogs import providers, source
from catalogs.entry import Entry, Said, SaidPrice, SourceFile
from catalogs.sources import collecting, document, models_dev_prices, regions, values
from catalogs.sources.collecting import Collected
from catalogs.sources.values import Unreadable
from domain import rules
from domain.enums import Capability, TaskType

CATALOG = "models-dev"
PRECEDENCE = 20
_FLAGS = {
    "tool_call": Capability.TOOLS,
    "reasoning": Capability.REASONING,
    "structured_output": Capability.JSON_SCHEMA,
}
_INPUTS = {
    "image": Capability.VISION,
    "pdf": Capability.PDF_INPUT,
    "audio": Capability.AUDIO_INPUT,
}
_OUTPUTS = {"audio": Capability.AUDIO_OUTPUT}
# The task of a model that answers in nothing but this; text can be the answer of several tasks.
_TASKS = {
    "image": TaskType.IMAGE_GENERATION,
    "video": TaskType.VIDEO_GENERATION,
    "audio": TaskType.TEXT_TO_SPEECH,
}


def read(path_or_url: str, strict: bool = False) -> SourceFile:
    """The catalog at a path or an http(s) URL, gzipped or not; raises CatalogError.

    `strict` refuses a file with an entry that cannot be understood.
    """
    return from_content(source.read(path_or_url), source.address(path_or_url), strict)


def from_content(content: bytes, url: str | None, strict: bool = False) -> SourceFile:
    """The same from the uncompressed content of a file that came from `url`."""
    found = collecting.objects(document.parse(content), document.MODELS_DEV)
    collected = Collected()
    for name, provider in found.items():
        _add_provider(collected, name, provider)
    for name in document.repeated(found):
        collecting.remark(collected, name, [collecting.REPEATED])
    collecting.refuse(collected, found, document.MODELS_DEV, strict)
    file_hash = hashlib.sha256(content).hexdigest()
    return collecting.source_file(collected, CATALOG, PRECEDENCE, url, file_hash)


def _add_provider(collected: Collected, name: str, raw: Any) -> None:
    remarks: list[str] = []
    try:
        said, slug = _provider(name, values.mapping(raw, "the provider"), remarks)
        models = values.mapping(raw.get("models"), "models")
    except Unreadable as error:
        collecting.skip(collected, name, str(error))
        return
    remarks += [
        f"it has the model {values.shown(model)} more than once: the last one is read"
        for model in document.repeated(models)
    ]
    collecting.remark(collected, name, remarks)
    for model_id, model in models.items():
        parse = partial(_parse, slug, model_id, said)
        collecting.add(collected, f"{name}/{model_id}", model, parse)


def _provider(name: str, raw: Mapping[str, Any], remarks: list[str]) -> tuple[Said, str]:
    slug = providers.slug(name)
    if not slug:
        raise Unreadable(f"no slug can be made from the provider {values.shown(name)}")
    said = Said(
        provider_name=_checked(raw, "name", rules.PROVIDER["name"], remarks),
        api_base=_checked(raw, "api", rules.PROVIDER["api_base"], remarks),
        docs_url=_checked(raw, "doc", rules.PROVIDER["docs_url"], remarks),
    )
    return said, slug


def _checked(raw: Mapping[str, Any], name: str, rule: rules.Rule, remarks: list[str]) -> str | None:
    value = values.optional(values.text, raw, name, remarks)
    broken = rules.breaches({name: value}, {name: rule})
    if broken:
        remarks.append(f"{broken[0].message}: {values.shown(value)} is not imported")
    return None if broken else value


def _parse(
    provider: str, model_id: str, of_provider: Said, key: str, raw: Any, remarks: list[str]
) -> Iterator[Entry]:
    fields = values.mapping(raw, "the model")
    remarks += document.remarks(raw)
    own_address = fields.get("provider")
    if isinstance(own_address, dict) and "api" in own_address:
        remarks.append("it has an address of its own, which is not imported")
    path, region = regions.split_path(model_id)
    raw_name, geography = regions.split_geography(path)
    yield Entry(
        key=key,
        provider=provider,
        provider_model_id=path,
        region=region or geography,
        raw_name=raw_name,
        said=_said(fields, of_provider, remarks),
    )


def _said(fields: Mapping[str, Any], of_provider: Said, remarks: list[str]) -> Said:
    components = models_dev_prices.read(fields, remarks)
    limit = values.optional(values.object_in, fields, "limit", remarks) or {}
    modalities = values.optional(values.object_in, fields, "modalities", remarks) or {}
    accepted = values.optional(values.texts, modalities, "input", remarks)
    answered = values.optional(values.texts, modalities, "output", remarks)
    capabilities = _capabilities(fields, accepted, answered, remarks)
    if capabilities is not None and models_dev_prices.is_cache_cheaper(components):
        capabilities.add(Capability.PROMPT_CACHING)
    return replace(
        of_provider,
        context_window=values.optional(values.count, limit, "context", remarks),
        max_output_tokens=values.optional(values.count, limit, "output", remarks),
        capabilities=None if capabilities is None else tuple(sorted(capabilities)),
        prices=(SaidPrice(None, components),) if components else (),
        released_on=values.optional(values.day, fields, "release_date", remarks),
        deprecated=values.optional(values.text, fields, "status", remarks) == "deprecated",
        task=_TASKS.get(answered[0]) if answered and len(answered) == 1 else None,
    )


def _capabilities(
    fields: Mapping[str, Any],
    accepted: tuple[str, ...] | None,
    answered: tuple[str, ...] | None,
    remarks: list[str],
) -> set[Capability] | None:
    """None where the model says nothing of what it can do."""
    flags = {
        capability: values.optional(values.flag, fields, name, remarks)
        for name, capability in _FLAGS.items()
    }
    if accepted is None and answered is None and all(flag is None for flag in flags.values()):
        return None
    return {
        *(capability for capability, flag in flags.items() if flag),
        *(_INPUTS[each] for each in accepted or () if each in _INPUTS),
        *(_OUTPUTS[each] for each in answered or () if each in _OUTPUTS),
    }
