"""Finds the model and the version of each entry of all catalogs.

The result depends on the set of entries only, never on their order.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain, count
from typing import NamedTuple

from catalogs import folding, makers, releases, years
from catalogs.entry import Entry
from catalogs.folding import Folded
from catalogs.joining import Joined, Listing, by_rule, service_variants
from catalogs.releases import Named, Release
from catalogs.stamps import Stamp
from catalogs.years import Dated, Found
from domain import patterns

_NAME = re.compile(patterns.NAME, re.ASCII)
_SLUG = re.compile(patterns.SLUG, re.ASCII)
_YEAR_UNKNOWN = "its name has the date {} without a year: it is a model of its own"
_YEAR_ASSUMED = "its name has the date {} without a year: {}, as of the model's other snapshots"


class CatalogedEntry(NamedTuple):
    """An entry of a catalog; not `listed` when the catalog holds it no longer."""

    catalog: str
    precedence: int
    entry: Entry
    listed: bool


class Placement(NamedTuple):
    """Where an entry belongs. `key` is the model's name folded, the same for all its spellings."""

    model: str
    key: str
    version: str
    released_on: date | None
    rolling: bool
    remarks: tuple[str, ...] = ()


class _Item(NamedTuple):
    cataloged: CatalogedEntry
    folded: Folded
    stamp: Stamp | None
    remarks: tuple[str, ...]

    @property
    def id(self) -> tuple[str, str]:
        return self.cataloged.catalog, self.cataloged.entry.key


def unplaced(entries: Iterable[CatalogedEntry]) -> dict[tuple[str, str], str]:
    """(catalog, key) of the entries that `group` leaves out, each with the reason."""
    reasons = ((each.catalog, each.entry.key, _problem(each.entry)) for each in entries)
    return {(catalog, key): reason for catalog, key, reason in reasons if reason}


def group(
    entries: Sequence[CatalogedEntry], aliases: Mapping[str, str]
) -> dict[tuple[str, str], Placement]:
    """For each (catalog, key) the model and version, without the entries that are `unplaced`.

    `aliases` has an operator's names and the canonical name of each; they win over all rules.
    """
    items = _items([each for each in entries if not _problem(each.entry)])
    nodes, joined = _joined(items, aliases)
    groups: dict[str, list[_Item]] = defaultdict(list)
    for item in items:
        groups[joined.root(nodes[item.id])].append(item)
    names = _names(groups, joined)
    placements: dict[tuple[str, str], Placement] = {}
    for root in sorted(groups):
        placements |= _placements(names[root], groups[root])
    return placements


def _problem(entry: Entry) -> str | None:
    if not _SLUG.fullmatch(entry.provider):
        return "no slug can be made from its provider"
    if not _NAME.fullmatch(folding.fold(entry.raw_name, entry.provider).shown):
        return "no name of a model can be made from its name"
    return None


def _items(entries: Sequence[CatalogedEntry]) -> list[_Item]:
    folded = [folding.fold(each.entry.raw_name, each.entry.provider) for each in entries]
    dated = (
        Dated(name, each.entry.said.released_on) for name, each in zip(folded, entries, strict=True)
    )
    known = years.resolve(dated)
    return [_item(each, name, known) for each, name in zip(entries, folded, strict=True)]


def _item(
    cataloged: CatalogedEntry, folded: Folded, known: Mapping[tuple[str, Stamp], Found]
) -> _Item:
    stamp = folded.stamp
    if stamp is None or stamp.year:
        return _Item(cataloged, folded, stamp, ())
    if found := known.get((folded.key, stamp)):
        assumed = _YEAR_ASSUMED.format(stamp.text, found.stamp.year)
        return _Item(cataloged, folded, found.stamp, (assumed,) if found.assumed else ())
    remark = _YEAR_UNKNOWN.format(stamp.text)
    return _Item(cataloged, _apart(folded, stamp), None, (remark,))


def _apart(folded: Folded, stamp: Stamp) -> Folded:
    """The name with its date, as a model of its own."""
    apart = folding.of_text(f"{folded.shown}-{stamp.text}")
    return replace(apart, shown=folded.full, latest=folded.latest)


def _joined(
    items: list[_Item], aliases: Mapping[str, str]
) -> tuple[dict[tuple[str, str], str], Joined]:
    """The key of each item, and which keys are one model."""
    listings = {Listing(item.cataloged.entry.provider, item.folded) for item in items}
    joined = Joined()
    snapshots = _apply(aliases, joined)
    for left, right in (*_links(items), *by_rule(listings)):
        joined.join(left, right)
    variants = service_variants(listings)
    nodes = {}
    for item in items:
        key = item.folded.key
        named = snapshots.get((key, item.folded.stamp)) or snapshots.get((key, item.stamp))
        nodes[item.id] = named or variants.get((item.cataloged.entry.provider, key), key)
    return nodes, joined


def _apply(aliases: Mapping[str, str], joined: Joined) -> dict[tuple[str, Stamp | None], str]:
    """Join what an operator names; the result has the names of snapshots, which join alone."""
    snapshots: dict[tuple[str, Stamp | None], str] = {}
    for name, canonical in sorted(aliases.items()):
        alias, target = folding.fold(name, ""), folding.of_text(canonical).key
        joined.pin(target, canonical)
        if alias.stamp is None:
            joined.join(alias.key, target)
            continue
        snapshots[alias.key, alias.stamp] = target
        if alias.stamp.year == 0:
            joined.join(_apart(alias, alias.stamp).key, target)
    return snapshots


def _links(items: list[_Item]) -> Iterator[tuple[str, str]]:
    """The keys of the names that a catalog links, in the order of the keys."""
    keys = {(i.cataloged.entry.provider, i.cataloged.entry.raw_name): i.folded.key for i in items}
    links = set()
    for item in items:
        provider = item.cataloged.entry.provider
        for other in item.cataloged.entry.same_as:
            linked = keys.get((provider, other)) or folding.fold(other, provider).key
            links.add((item.folded.key, linked))
    yield from sorted(links)


def _names(groups: Mapping[str, list[_Item]], joined: Joined) -> dict[str, str]:
    """The shown name of each group; no two have the same folded key."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    pinned = sorted(groups, key=lambda root: (joined.pinned(root) is None, root))
    for root in pinned:
        own = joined.pinned(root)
        spellings = [own] if own else _spellings(groups[root])
        spare = (f"{root.replace(' ', '-')}-{number}" for number in count(2))
        candidates = chain(spellings, spare)
        names[root] = next(n for n in candidates if folding.of_text(n).key not in taken)
        taken.add(folding.of_text(names[root]).key)
    return names


def _spellings(items: list[_Item]) -> list[str]:
    """All spellings, the best first: the maker's own, then the most common."""
    own = [item for item in items if not item.cataloged.entry.same_as] or items
    listed = [item for item in own if item.cataloged.listed] or own
    suffix = "-latest" if all(item.folded.latest for item in items) else ""
    counts = Counter(item.folded.shown for item in listed)
    best: dict[str, tuple[int, int]] = {}
    for item in listed:
        shown = item.folded.shown
        rank = makers.rank(item.cataloged.entry.provider, shown), item.cataloged.precedence
        best[shown] = min(best.get(shown, rank), rank)

    def order(name: str) -> tuple[int, int, int, int, str]:
        rank, precedence = best[name]
        return rank, -counts[name], precedence, -name.count("."), name.swapcase()

    return [name + suffix for name in sorted(counts, key=order)]


def _placements(name: str, items: list[_Item]) -> dict[tuple[str, str], Placement]:
    key = folding.of_text(name).key
    found = releases.of_model([_named(item) for item in items])
    return {
        item.id: _placement(name, key, release, item.remarks)
        for item, release in zip(items, found, strict=True)
    }


def _named(item: _Item) -> Named:
    entry = item.cataloged.entry
    return Named(
        item.cataloged.catalog,
        item.cataloged.precedence,
        entry,
        item.stamp,
        item.folded.latest and not entry.same_as,
        makers.is_maker(entry.provider, item.folded.shown),
    )


def _placement(name: str, key: str, release: Release, remarks: tuple[str, ...]) -> Placement:
    return Placement(name, key, release.version, release.released_on, release.rolling, remarks)
