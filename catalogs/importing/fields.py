"""The columns that catalogs fill, and what the entries say of each row."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalogs import makers, merging, providers
from catalogs.entry import Said
from catalogs.grouping import Placement
from catalogs.importing.listings import Listing
from catalogs.merging import Column, Voice
from catalogs.tasks import task_of
from domain.known_providers import known

PROVIDER = (Column("name"), Column("api_base"), Column("docs_url"))
MODEL = (Column("name"), Column("task"), Column("description"))
VERSION = (
    Column("status", "ACTIVE"),
    Column("context_window"),
    Column("max_output_tokens"),
    Column("capabilities"),
    Column("released_on", learned=True),
    Column("rolling", False, learned=True),
)
BINDING = (
    Column("priority", 100),
    Column("sunset_on"),
    Column("context_window"),
    Column("max_output_tokens"),
    Column("capabilities"),
    Column("requests_per_minute"),
    Column("tokens_per_minute"),
)
COLUMNS: dict[str, tuple[Column, ...]] = {
    "providers": PROVIDER,
    "models": MODEL,
    "model_versions": VERSION,
    "provider_bindings": BINDING,
}
_SHARED = ("status", "context_window", "max_output_tokens", "capabilities")


def of_binding(listing: Listing) -> Voice:
    """What the entry says of its binding."""
    said = listing.entry.said
    return Voice(listing.rank, {column.name: _plain(said, column.name) for column in BINDING})


def of_provider(slug: str, listings: Iterable[Listing]) -> dict[str, Any]:
    """What catalogs say of a provider; what is known of it by itself comes first."""
    voices = [
        Voice(
            each.rank,
            {
                "name": each.entry.said.provider_name,
                "api_base": each.entry.said.api_base,
                "docs_url": each.entry.said.docs_url,
            },
        )
        for each in listings
    ]
    said = merging.theirs(voices, PROVIDER)
    found = known(slug)
    name = (found.name if found else said["name"]) or providers.readable_name(slug)
    return said | {"name": name, "api_base": (found and found.api_base) or said["api_base"]}


def of_model(placement: Placement, listings: Iterable[Listing]) -> dict[str, Any]:
    """What catalogs say of a model; its task is derived from its name where none says it."""
    voices = [
        Voice(
            each.rank, {"task": _plain(each.entry.said, "task"), "description": _description(each)}
        )
        for each in listings
    ]
    said = merging.theirs(voices, MODEL)
    task = said["task"] or task_of(placement.model).value
    return said | {"name": placement.model, "task": task}


def of_version(placement: Placement, bindings: Iterable[Sequence[Listing]]) -> dict[str, Any]:
    """What the maker's own provider says of a version, else what most bindings have."""
    found = [list(listings) for listings in bindings]
    listed = [[each for each in listings if each.is_listed] for listings in found]
    said = _of_version(placement, [listings for listings in listed if listings])
    fallback = _of_version(placement, found)
    values = {name: fallback[name] if said[name] is None else said[name] for name in _SHARED}
    released_on = placement.released_on
    return values | {
        "released_on": released_on.isoformat() if released_on else None,
        "rolling": placement.rolling,
    }


def _of_version(placement: Placement, bindings: list[list[Listing]]) -> dict[str, Any]:
    columns = [column for column in VERSION if column.name in _SHARED]
    of_maker = [
        _version_voice(each)
        for listings in bindings
        for each in listings
        if makers.is_maker(each.entry.provider, placement.model)
    ]
    own = merging.theirs(of_maker, columns)
    values = [merging.theirs(map(_version_voice, each), columns) for each in bindings]
    return {
        name: own[name] if own[name] is not None else _common(name, [each[name] for each in values])
        for name in _SHARED
    }


def _version_voice(listing: Listing) -> Voice:
    said = listing.entry.said
    status = None if said.deprecated is None else "DEPRECATED" if said.deprecated else "ACTIVE"
    values = {name: _plain(said, name) for name in _SHARED[1:]}
    return Voice(listing.rank, {**values, "status": status})


def _common(name: str, values: Iterable[Any]) -> Any:
    """The most common value; of a tie the larger, and a status is DEPRECATED where all say so."""
    found = [tuple(value) if isinstance(value, list) else value for value in values]
    counts = Counter(value for value in found if value is not None)
    if name == "status":
        return min(counts, default=None)
    best = max(counts, key=lambda value: (counts[value], _size(value)), default=None)
    return list(best) if isinstance(best, tuple) else best


def _size(value: Any) -> Any:
    return (len(value), value) if isinstance(value, tuple) else value


def _description(listing: Listing) -> str | None:
    return listing.entry.said.description


def _plain(said: Said, name: str) -> Any:
    value = getattr(said, name)
    if name == "capabilities":
        return None if value is None else sorted(each.value for each in value)
    if name == "sunset_on":
        return value and value.isoformat()
    return value.value if name == "task" and value else value


def ours(columns: Sequence[Column], row: Mapping[str, Any]) -> dict[str, Any]:
    """The values of these columns in a row, plain."""
    return {name: _sorted(row[name]) for name, _, _ in columns}


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value
