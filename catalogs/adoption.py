"""Which entries of a file continue the entries that migration 0010 made of a registry's bindings.

A migrated entry has a made-up key, and `migrated` in what is stored of it. The first import of its
catalog with keys of its own finds it by what it is about: a provider, its id and a region.

A migrated entry says less than its catalog does: limits and capabilities are missing. So until it
is continued, what no entry says of its row is not known, and the row keeps what the base has.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from catalogs.entry import Entry


def is_migrated(stored: Mapping[str, Any]) -> bool:
    """Whether migration 0010 made the entry of which `stored` is kept."""
    return bool(stored.get("migrated"))


def adopted(entries: Iterable[Entry], migrated: Iterable[Entry]) -> dict[str, str]:
    """The key of the migrated entry that each entry continues, by the entry's own key.

    Of several entries about the same binding the one with the first key continues it. What no entry
    continues is listed no longer. The result does not depend on the order of either argument.
    """
    first: dict[tuple[str, str, str | None], str] = {}
    for entry in sorted(entries, key=_key):
        first.setdefault(_about(entry), entry.key)
    keys: dict[str, str] = {}
    for old in sorted(migrated, key=_key):
        new = first.get(_about(old))
        if new is not None:
            keys.setdefault(new, old.key)
    return keys


def _key(entry: Entry) -> str:
    return entry.key


def _about(entry: Entry) -> tuple[str, str, str | None]:
    return entry.provider, entry.provider_model_id, entry.region
