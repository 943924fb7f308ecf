"""The catalog of PyPI's genai-prices (MIT), whose data ships in its wheel: no network is needed.

A model makes an entry for its id, and one for each exact name of its match clause. What it says of
a model holds for all of its names. It says nothing of capabilities.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

import genai_prices.data
from genai_prices import types

from catalogs import providers
from catalogs.entry import Entry, Said, SourceFile
from catalogs.sources import collecting, genai_prices_components, regions
from catalogs.sources.collecting import Collected
from domain.known_providers import known

CATALOG = "genai-prices"
PRECEDENCE = 10
_LAST_PRIORITY = 900
_PLAIN_URL = re.compile(r"https://[a-z0-9.-]+(?:/[a-z0-9./_-]*)?")


def read(strict: bool = False) -> SourceFile:
    """The whole catalog of the installed genai-prices; raises CatalogError."""
    collected = Collected()
    for provider in genai_prices.data.providers:
        _add(collected, provider)
    collecting.refuse(collected, [], "the data of genai-prices", strict)
    return collecting.source_file(collected, CATALOG, PRECEDENCE, _url(), _file_hash())


def _add(collected: Collected, provider: types.Provider) -> None:
    slug = providers.slug(provider.id)
    of_provider = _of_provider(provider)
    taken = set[str]()
    for info, name in _names(provider):
        if name.lower() in taken:  # its match clauses do not regard case
            continue
        taken.add(name.lower())
        raw = (slug, of_provider, info, name)
        collecting.add(collected, f"{provider.id}/{name}", raw, _parse)


def _names(provider: types.Provider) -> Iterator[tuple[types.ModelInfo, str]]:
    """The ids of all models first: a match clause may hold the id of another model."""
    for info in provider.models:
        yield info, info.id
    for info in provider.models:
        for name in _exact(info.match):
            yield info, name


def _exact(clause: types.MatchLogic) -> Iterator[str]:
    if isinstance(clause, types.ClauseEquals):
        yield clause.equals
    elif isinstance(clause, types.ClauseOr):
        for part in clause.or_:
            yield from _exact(part)


def _of_provider(provider: types.Provider) -> Said:
    # the catalog has patterns that match addresses; the address itself is seldom among them
    found = known(providers.slug(provider.id))
    base = provider.api_pattern.replace("\\", "").removesuffix("(?:/|$)").removesuffix("(/|$)")
    pattern = base if _PLAIN_URL.fullmatch(base) and not base.endswith(".") else None
    return Said(
        provider_name=provider.name,
        api_base=found.api_base if found else pattern,
        docs_url=next(iter(provider.pricing_urls or ()), None),
    )


def _parse(
    key: str, raw: tuple[str, Said, types.ModelInfo, str], remarks: list[str]
) -> Iterator[Entry]:
    slug, of_provider, info, name = raw
    raw_name, region = regions.split_geography(name)
    yield Entry(
        key=key,
        provider=slug,
        # this catalog marks Bedrock's ids without a geography with "regional."
        provider_model_id=raw_name if region is None else name,
        region=region,
        raw_name=raw_name,
        said=replace(
            of_provider,
            context_window=info.context_window or None,
            # a batch endpoint is cheap but takes hours: it comes after every interactive one
            priority=_LAST_PRIORITY if name.endswith(":batch") else None,
            prices=genai_prices_components.read(info, remarks),
            deprecated=bool(info.deprecated),
            description=(info.description or "").strip() or None,
        ),
    )


@cache
def _url() -> str:
    return f"https://pypi.org/project/genai-prices/{version('genai-prices')}/"


def _file_hash() -> str:
    """Of the module that holds the data."""
    return hashlib.sha256(Path(genai_prices.data.__file__).read_bytes()).hexdigest()
