"""The LiteLLM price map (MIT, JSON): one object with one entry per model of a provider.

Prices are numbers in USD per token: they are parsed as Decimal, never as binary floats. `mode` is
the task, `supports_*` are the capabilities, `deprecation_date` is the binding's sunset date;
`supported_regions` and region segments of names are the regions. An entry with a value of the wrong
type, or a price that is negative or not a number, is an error that names the entry. A valid entry
that the registry cannot use is skipped, with a reason. Of tiered prices the base tier is imported.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from catalogs import litellm_entry, names, providers, source
from catalogs.catalog import Binding, Catalog, CatalogError, ImportIssue, Provider
from catalogs.entries import CatalogEntry, build_models, task_of
from catalogs.litellm_entry import LiteLLMEntry
from catalogs.names import Name

SOURCE = "litellm"
_NOT_MODELS = {
    "sample_spec": "the example entry of the price map",
    "fallback_generalizations": "rules, not a model",
}


def read(path_or_url: str) -> Catalog:
    """The catalog at a path or an http(s) URL, gzipped or not; raises CatalogError."""
    entries: list[CatalogEntry] = []
    skipped: list[ImportIssue] = []
    partial: list[ImportIssue] = []
    for key, fields in _document(source.read(path_or_url)).items():
        if key in _NOT_MODELS:
            skipped.append(ImportIssue(key, _NOT_MODELS[key]))
            continue
        entry = litellm_entry.parse(key, fields)
        name = names.canonical(_path(entry), entry.provider)
        reason = _skip_reason(entry)
        if name is None or reason:
            skipped.append(ImportIssue(key, reason or names.NO_NAME))
            continue
        entries += _catalog_entries(entry, name)
        partial += [ImportIssue(key, reason) for reason in entry.partial_reasons]
    models, duplicates = build_models(entries, SOURCE)
    return Catalog(
        source=SOURCE,
        providers=_providers(entries),
        models=models,
        binding_count=len(entries) - len(duplicates),
        skipped=(*skipped, *duplicates),
        partial=tuple(partial),
    )


def _document(content: bytes) -> dict[str, Any]:
    try:
        # NaN and Infinity become Decimal too, so that the error can name their entry
        document = json.loads(content, parse_float=Decimal, parse_constant=Decimal)
    except (ValueError, RecursionError) as error:
        raise CatalogError(f"it is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise CatalogError("it is not a JSON object of entries")
    return document


def _skip_reason(entry: LiteLLMEntry) -> str | None:
    if not entry.provider:
        return "no provider"
    if "-commitment/" in entry.key:
        return "a price for reserved capacity, not for calls"
    return None


def _path(entry: LiteLLMEntry) -> str:
    """The entry's key without the provider's prefix."""
    first, _, rest = entry.key.partition("/")
    return rest if rest and providers.slug(first) == entry.provider else entry.key


def _catalog_entries(entry: LiteLLMEntry, name: Name) -> Iterator[CatalogEntry]:
    """One entry per region."""
    provider_model_id, _ = names.split_region(_path(entry))
    for region in entry.regions or (name.region,):
        yield CatalogEntry(
            key=entry.key,
            name=name,
            task=entry.task or task_of(name.model),
            facts=entry.facts,
            binding=Binding(
                provider=entry.provider,
                provider_model_id=provider_model_id,
                region=region,
                sunset_on=entry.sunset_on,
                prices=entry.prices,
            ),
        )


def _providers(entries: list[CatalogEntry]) -> tuple[Provider, ...]:
    slugs = {entry.binding.provider for entry in entries}
    return tuple(providers.provider(slug.replace("-", "_")) for slug in sorted(slugs))
