"""Which version of its model an entry is: snapshots by their dates, and what is rolling."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from catalogs.entry import Entry
from catalogs.stamps import Stamp

UNDATED = "1.0.0"
LATEST = "1.0.0-latest"  # beside a fixed generation of the same name without a date


class Named(NamedTuple):
    """An entry with what its name says. `latest`: the name says that it is rolling."""

    catalog: str
    precedence: int
    entry: Entry
    stamp: Stamp | None  # with a year
    latest: bool
    of_maker: bool


class Release(NamedTuple):
    version: str
    released_on: date | None
    rolling: bool


def of_model(entries: Sequence[Named]) -> list[Release]:
    """The version of each of these entries of one model, in their order."""
    dates = _dates(entries)
    fixed = _is_fixed(entries)
    if not dates and all(each.latest for each in entries):
        return [Release(UNDATED, _released_on(UNDATED, list(entries)), True)] * len(entries)
    versions = [_version(each, dates, fixed) for each in entries]
    members: dict[tuple[str, bool], list[Named]] = defaultdict(list)
    for version, each in zip(versions, entries, strict=True):
        members[version].append(each)
    released = {version: _released_on(version[0], of) for version, of in members.items()}
    return [Release(version, released[version, rolling], rolling) for version, rolling in versions]


def _dates(entries: Sequence[Named]) -> dict[Stamp, Stamp]:
    """Each stamp, and the snapshot that it is: a month is the only day that is known in it."""
    stamps = {each.stamp for each in entries if each.stamp}
    days: dict[tuple[int, int], set[Stamp]] = defaultdict(set)
    for stamp in stamps:
        if stamp.day:
            days[stamp.year, stamp.month].add(stamp)
    found = {}
    for stamp in stamps:
        in_month = days[stamp.year, stamp.month]
        found[stamp] = next(iter(in_month)) if not stamp.day and len(in_month) == 1 else stamp
    return found


def _is_fixed(entries: Sequence[Named]) -> bool:
    """Whether the undated name is a generation beside the rolling one.

    It is where a provider has both `x` and `x-latest`, at different prices or context windows. The
    maker, where it is there, must have an `x-latest`: else others made up the name.
    """
    of_maker = [each for each in entries if each.of_maker]
    if of_maker and not any(each.latest for each in of_maker):
        return False
    said: dict[tuple[str, str, str | None], dict[bool, list[Entry]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for each in entries:
        if each.stamp is None:
            place = each.catalog, each.entry.provider, each.entry.region
            said[place][each.latest].append(each.entry)
    return any(
        _differ(plain, latest)
        for at in said.values()
        for plain in at.get(False, ())
        for latest in at.get(True, ())
    )


def _differ(plain: Entry, latest: Entry) -> bool:
    prices = plain.said.prices, latest.said.prices
    windows = plain.said.context_window, latest.said.context_window
    return any(
        one is not None and one != () and other is not None and other != () and one != other
        for one, other in (prices, windows)
    )


def _version(each: Named, dates: dict[Stamp, Stamp], fixed: bool) -> tuple[str, bool]:
    """The version's number, and whether it is rolling."""
    snapshots = set(dates.values())
    if each.stamp:
        return _number(dates[each.stamp]), False
    if fixed and each.latest:
        return LATEST, True
    if len(snapshots) == 1:
        return _number(next(iter(snapshots))), False
    return UNDATED, bool(snapshots) and not fixed


def _number(stamp: Stamp) -> str:
    return f"{stamp.year}.{stamp.month}.{stamp.day}"


def _released_on(version: str, entries: list[Named]) -> date | None:
    """The snapshot's date; of a month the day that a catalog says, else its first one."""
    said = _said(entries)
    if version in (UNDATED, LATEST):
        return _best(said)
    year, month, day = (int(part) for part in version.split("."))
    if day:
        return date(year, month, day)
    in_month = [each for each in said if (each[1].year, each[1].month) == (year, month)]
    return _best(in_month) or date(year, month, 1)


def _said(entries: list[Named]) -> list[tuple[Named, date]]:
    return [(each, each.entry.said.released_on) for each in entries if each.entry.said.released_on]


def _best(said: list[tuple[Named, date]]) -> date | None:
    """Of the catalogs of lowest precedence: the maker's, else the most common, or earliest."""
    first = min((each.precedence for each, _ in said), default=0)
    owners = [(each, day) for each, day in said if each.precedence == first]
    of_maker = [day for each, day in owners if each.of_maker]
    counts = Counter(of_maker or [day for _, day in owners])
    return min(counts, key=lambda day: (-counts[day], day), default=None)
