"""Which folded keys are the same model: explicit links first, then rules that look at all keys."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from catalogs import folding, makers
from catalogs.folding import Folded

_GENERATION = re.compile(r"-(?:v(\d)|00(\d)|(\d)[-.]0)$", re.I)
_SERVICE = re.compile(r"-(?:fast|\d+k)$", re.I)
_SIZE = re.compile(r"\d+(?:x\d+)?[bm]")
_DETAIL = re.compile(r"a\d+b|\d+e")  # active parameters, and experts
_TIERS = frozenset({"nano", "small", "medium", "large", "super", "ultra"})
_TWO_DIGITS = re.compile(r"(\d)([1-9]v?)")


class Listing(NamedTuple):
    """A name at a provider (a slug)."""

    provider: str
    folded: Folded


class Joined:
    """Sets of keys that are one model. A set has one pinned name at most."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}
        self._pinned: dict[str, str] = {}

    def root(self, key: str) -> str:
        """The key that stands for the set of this key."""
        while (parent := self._parents.get(key, key)) != key:
            self._parents[key] = self._parents.get(parent, parent)
            key = parent
        return key

    def pin(self, key: str, name: str) -> None:
        """Give the set of the key the name that an operator chose."""
        self._pinned.setdefault(self.root(key), name)

    def pinned(self, key: str) -> str | None:
        return self._pinned.get(self.root(key))

    def join(self, left: str, right: str) -> None:
        """Make one set of two; not when an operator gave them different names."""
        one, other = sorted((self.root(left), self.root(right)))
        names = {self._pinned[each] for each in (one, other) if each in self._pinned}
        if one == other or len(names) > 1:
            return
        self._parents[other] = one
        if names:
            self._pinned[one] = names.pop()


def service_variants(listings: Iterable[Listing]) -> Mapping[tuple[str, str], str]:
    """(provider, key) of a name such as `x-fast` or `x-200k`, and the key of `x`.

    Only where the provider has `x` as well, and the maker of `x`, if known, has no such name. A
    `-fast` is the same model only where the maker has `x`: else nobody knows what it may have.
    """
    at: dict[str, set[str]] = defaultdict(set)
    found: dict[tuple[str, str], str] = {}
    for provider, folded in listings:
        at[folded.key].add(provider)
        if match := _SERVICE.search(folded.shown):
            found[provider, folded.key] = folded.shown[: match.start()]
    return {
        (provider, key): plain
        for (provider, key), shown in found.items()
        if provider in at[plain := folding.of_text(shown).key]
        and _is_service(set(makers.of(shown)), at[key], at[plain], "fast" in key.split())
    }


def _is_service(known: set[str], at: set[str], plain_at: set[str], fast: bool) -> bool:
    """Whether a variant that providers have `at` is no model of the known makers."""
    return not known & at and not (fast and known and not known & plain_at)


def by_rule(listings: Iterable[Listing]) -> Iterator[tuple[str, str]]:
    """Pairs of keys that are one model by the rules, in an order that depends on the set only."""
    at: dict[str, set[str]] = defaultdict(set)
    names: dict[str, Folded] = {}
    for provider, folded in listings:
        at[folded.key].add(provider)
        names[folded.key] = min(names.get(folded.key, folded), folded, key=lambda each: each.shown)
    known = [names[key] for key in sorted(names)]
    yield from _generations(known)
    yield from _sizes(known, at)
    yield from _tiers(known)
    yield from _decimals(known, at)


def _generations(known: list[Folded]) -> Iterator[tuple[str, str]]:
    """`x-v1`, `x-001` and `x-1.0` are `x` where there is no second generation."""
    keys = {folded.key for folded in known}
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for folded in known:
        if match := _GENERATION.search(folded.shown):
            plain = folding.of_text(folded.shown[: match.start()]).key
            found[plain][int(match[1] or match[2] or match[3])] = folded.key
    for plain, numbered in sorted(found.items()):
        if list(numbered) == [1] and plain in keys:
            yield plain, numbered[1]


def _sizes(known: list[Folded], at: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """A name without its size, or without its active parameters, is the only one that has them.

    A provider that has both `x` and `x-8b` shows that the size of `x` is another one.
    """
    families: dict[tuple[tuple[str, ...], ...], list[Folded]] = defaultdict(list)
    for folded in known:
        families[_family(folded)].append(folded)
    for family in families.values():
        by_size: dict[tuple[str, ...], list[Folded]] = defaultdict(list)
        for folded in family:
            by_size[tuple(n for n in folded.numbers if _SIZE.fullmatch(n))].append(folded)
        unsized = by_size.pop((), [])
        for sized in by_size.values():
            yield from _active(sized)
        sized = next(iter(by_size.values()), [])
        if len(by_size) == 1 and not _providers(unsized, at) & _providers(sized, at):
            yield from _active([*unsized, *sized])


def _providers(names: list[Folded], at: Mapping[str, set[str]]) -> set[str]:
    return set().union(*(at[folded.key] for folded in names))


def _tiers(known: list[Folded]) -> Iterator[tuple[str, str]]:
    """A name with active parameters and without its tier is the only one of them with a tier."""
    tiered: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Folded]] = defaultdict(list)
    for folded in known:
        if _details(folded):
            words = tuple(word for word in folded.words if word not in _TIERS)
            tiered[words, folded.numbers].append(folded)
    for (words, _), same in tiered.items():
        if len(same) == 2 and any(folded.words == words for folded in same):
            yield same[0].key, same[1].key


def _active(same: list[Folded]) -> Iterator[tuple[str, str]]:
    """All of one size, unless they differ in active parameters or experts."""
    details = {_details(folded) for folded in same}
    if len(details - {()}) <= 1:
        yield from ((same[0].key, folded.key) for folded in same[1:])


def _details(folded: Folded) -> tuple[str, ...]:
    return tuple(each for each in (*folded.words, *folded.numbers) if _DETAIL.fullmatch(each))


def _family(folded: Folded) -> tuple[tuple[str, ...], ...]:
    return (
        tuple(word for word in folded.words if not _DETAIL.fullmatch(word)),
        tuple(n for n in folded.numbers if not _SIZE.fullmatch(n) and not _DETAIL.fullmatch(n)),
    )


def _decimals(known: list[Folded], at: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """`x-54` is `x-5.4` where that is known, and the maker has no `x-54`."""
    for folded in known:
        for index, number in enumerate(folded.numbers):
            match = _TWO_DIGITS.fullmatch(number)
            if match is None:
                continue
            numbers = (*folded.numbers[:index], match[1], match[2], *folded.numbers[index + 1 :])
            key = " ".join((*folded.words, *numbers))
            if key in at and not set(makers.of(folded.shown)) & at[folded.key]:
                yield folded.key, key
