"""The entries of all catalogs together: the new file's, and the stored ones of the others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from catalogs import adoption, grouping
from catalogs.entry import Entry, Remark, SourceFile
from catalogs.grouping import CatalogedEntry, Placement
from catalogs.importing.state import State, StoredEntry

Identity = tuple[str, str, str]


class Listing(NamedTuple):
    """What a catalog says of one binding now; `stored` is what is kept of it."""

    catalog: str
    precedence: int
    entry: Entry
    is_listed: bool
    stored: StoredEntry | None

    @property
    def id(self) -> tuple[str, str]:
        """The catalog and the key."""
        return self.catalog, self.entry.key

    @property
    def is_migrated(self) -> bool:
        """Whether migration 0010 made the entry, and no file has continued it so far."""
        return (
            self.stored is not None and self.stored.is_migrated and self.entry is self.stored.entry
        )

    @property
    def rank(self) -> tuple[bool, int, str, str]:
        """Of two entries of a binding, the one with the smaller rank is right."""
        return not self.is_listed, self.precedence, self.catalog, self.entry.key


@dataclass(frozen=True, slots=True)
class Listings:
    """All entries that have a place, in the order of their ranks; those that have none."""

    placed: tuple[Listing, ...]
    placements: Mapping[tuple[str, str], Placement]
    unplaced: tuple[Remark, ...]


def identity(entry: Entry) -> Identity:
    """What the entry is about: entries with one identity make one binding."""
    return entry.provider, entry.provider_model_id, entry.region or ""


def gather(state: State, file: SourceFile, aliases: Mapping[str, str]) -> Listings:
    """The entries of the file, and the stored ones that it does not hold, with their places."""
    found = sorted([*_of_file(state, file), *_stored(state, file)], key=lambda each: each.rank)
    cataloged = [
        CatalogedEntry(each.catalog, each.precedence, each.entry, each.is_listed) for each in found
    ]
    placements = grouping.group(cataloged, aliases)
    reasons = grouping.unplaced(cataloged)
    unplaced = [
        Remark(key, reason) for (catalog, key), reason in reasons.items() if catalog == file.catalog
    ]
    placed = tuple(each for each in found if each.id in placements)
    return Listings(placed, placements, tuple(unplaced))


def precedence(state: State, file: SourceFile) -> int:
    """The precedence of the file's catalog: the stored one, else the source's own."""
    row = state.catalogs.get(file.catalog)
    return int(row["precedence"]) if row else file.precedence


def _of_file(state: State, file: SourceFile) -> Iterable[Listing]:
    kept = _kept(state, file)
    own = precedence(state, file)
    return [Listing(file.catalog, own, each, True, kept.get(each.key)) for each in file.entries]


def _kept(state: State, file: SourceFile) -> dict[str, StoredEntry]:
    """What is stored of the file's entries, by their keys in the file."""
    own = {each.entry.key: each for each in state.entries if each.catalog == file.catalog}
    migrated = [each.entry for each in own.values() if each.is_migrated]
    adopted = adoption.adopted(file.entries, migrated)
    kept = {key: each for key, each in own.items() if not each.is_migrated}
    return kept | {key: own[old] for key, old in adopted.items()}


def _stored(state: State, file: SourceFile) -> Iterable[Listing]:
    """Entries of other catalogs, and those of this one that the file does not hold."""
    kept = _kept(state, file)
    continued = {kept[each.key].id for each in file.entries if each.key in kept}
    for each in state.entries:
        if each.id not in continued:
            row = state.catalogs[each.catalog]
            is_listed = each.is_listed and each.catalog != file.catalog
            yield Listing(each.catalog, row["precedence"], each.entry, is_listed, each)
