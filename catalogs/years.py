"""The year of a snapshot whose name says month and day only."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from catalogs.folding import Folded
from catalogs.stamps import Stamp

_NEAR = timedelta(days=60)  # a release date may be some weeks from the date in the name


class Dated(NamedTuple):
    """A name with a date in it, and when the catalog says that the model was released."""

    folded: Folded
    released_on: date | None


class Found(NamedTuple):
    """A stamp with its year. `assumed`: no name and no catalog says the year of this very day."""

    stamp: Stamp
    assumed: bool


def resolve(names: Iterable[Dated]) -> Mapping[tuple[str, Stamp], Found]:
    """For each (folded key, stamp without a year): the stamp with its year, where one is known.

    It is the year of the names of the model with that day; else that of more than half of the
    release dates that catalogs give to names with it. Where neither is there, and all names of the
    model with a year have the same one, it is that year, from the first of them on.
    """
    named: dict[str, set[Stamp]] = defaultdict(set)
    said: dict[tuple[str, Stamp], Counter[int]] = defaultdict(Counter)
    for folded, released_on in names:
        stamp = folded.stamp
        if stamp and stamp.year:
            named[folded.key].add(stamp)
        elif stamp:
            said[folded.key, stamp].update(_year_near(stamp, released_on))
    found = {}
    for (key, stamp), years in said.items():
        same_day = {each.year for each in named[key] if each[1:] == stamp[1:]}
        if year := _only(same_day) if same_day else _majority(years):
            found[key, stamp] = Found(stamp._replace(year=year), False)
        elif not same_day and not years and (year := _year_of_others(stamp, named[key])):
            found[key, stamp] = Found(stamp._replace(year=year), True)
    return found


def _only(years: set[int]) -> int:
    return next(iter(years)) if len(years) == 1 else 0


def _majority(years: Counter[int]) -> int:
    """The year of more than half of them, else 0."""
    return next((year for year, number in years.items() if 2 * number > years.total()), 0)


def _year_of_others(stamp: Stamp, others: set[Stamp]) -> int:
    first = min(others, default=None)
    if first is None or {other.year for other in others} != {first.year}:
        return 0
    return first.year if stamp._replace(year=first.year) > first else 0


def _year_near(stamp: Stamp, released_on: date | None) -> list[int]:
    """The year in which the day is near the release date, if any."""
    if released_on is None:
        return []
    for year in (released_on.year, released_on.year - 1, released_on.year + 1):
        try:
            distance = abs(date(year, stamp.month, stamp.day) - released_on)
        except ValueError:
            continue
        if distance <= _NEAR:
            return [year]
    return []
