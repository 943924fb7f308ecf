"""The LiteLLM price map (MIT JSON): one object, an entry a provider's model.

Prices are floats, USD per token: they are read as Decimal from the text, never as binary floats.
`mode` says the task, `supports_*` the capabilities, `deprecation_date` the day the binding ends,
`supported_regions` and region segments of names the regions. An entry of a wrong type, or with a
price that is negative or no number, is an error that names it; one that is sound but of no use
here is skipped with its reason. Of tiered prices the base tier is taken.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from catalogs import litellm_entry, names, providers, source
from catalogs.catalog import Binding, Catalog, CatalogError, ImportIssue, Provider
from catalogs.entries import CatalogEntry, group, task_of
from catalogs.litellm_entry import Entry
from catalogs.names import Name

SOURCE = "litellm"
_NOT_MODELS = {
    "sample_spec": "the map's own example",
    "fallback_generalizations": "rules, not a model",
}


def read(path_or_url: str) -> Catalog:
    """The catalog at a path or an http(s) URL, gzipped or not; CatalogError when malformed."""
    entries: list[CatalogEntry] = []
    skipped: list[ImportIssue] = []
    simplified: list[ImportIssue] = []
    for key, given in _document(source.read(path_or_url)).items():
        if key in _NOT_MODELS:
            skipped.append(ImportIssue(key, _NOT_MODELS[key]))
            continue
        entry = litellm_entry.parse(key, given)
        reason = _useless(entry)
        if reason is not None:
            skipped.append(ImportIssue(key, reason))
            continue
        entries += _offers(entry)
        simplified += [ImportIssue(key, reason) for reason in entry.simplified]
    models, doubled = group(entries, SOURCE)
    return Catalog(
        source=SOURCE,
        providers=_providers(entries),
        models=models,
        binding_count=len(entries) - len(doubled),
        skipped=(*skipped, *doubled),
        simplified=tuple(simplified),
    )


def _document(content: bytes) -> dict[str, Any]:
    try:
        # NaN and Infinity become decimals too, so that the entry that holds one can be named
        document = json.loads(content, parse_float=Decimal, parse_constant=Decimal)
    except (ValueError, RecursionError) as error:
        raise CatalogError(f"it is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise CatalogError("it is not a JSON object of entries")
    return document


def _useless(entry: Entry) -> str | None:
    if entry.provider is None:
        return "no provider"
    if "-commitment/" in entry.key:
        return "a price for reserved capacity, not for calls"
    if _name(entry) is None:
        return "its name makes no canonical name"
    return None


def _name(entry: Entry) -> Name | None:
    assert entry.provider is not None  # _useless looked first
    return names.canonical(_path(entry), providers.slug(entry.provider))


def _path(entry: Entry) -> str:
    """The entry's key without the provider's prefix."""
    assert entry.provider is not None  # _useless looked first
    first, _, rest = entry.key.partition("/")
    return rest if rest and providers.slug(first) == providers.slug(entry.provider) else entry.key


def _offers(entry: Entry) -> Iterator[CatalogEntry]:
    name = _name(entry)
    assert name is not None  # _useless looked first
    assert entry.provider is not None
    provider_model_id, _ = names.split_region(_path(entry))
    for region in entry.regions or (name.region,):
        yield CatalogEntry(
            entry=entry.key,
            name=name,
            task=entry.task or task_of(name.model),
            facts=entry.facts,
            binding=Binding(
                provider=providers.slug(entry.provider),
                provider_model_id=provider_model_id,
                region=region,
                sunset_on=entry.sunset_on,
                prices=entry.prices,
            ),
        )


def _providers(entries: list[CatalogEntry]) -> tuple[Provider, ...]:
    slugs = {offer.binding.provider for offer in entries}
    return tuple(providers.provider(slug.replace("-", "_")) for slug in sorted(slugs))
