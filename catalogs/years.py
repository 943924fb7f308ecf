"""The year of a snapshot whose name says month and day only."""

from collections import defaultdict
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


def resolve(names: Iterable[Dated]) -> Mapping[tuple[str, Stamp], Stamp]:
    """For each (folded key, stamp without a year): the stamp with its year, where one is known.

    Known it is from a name of the same model with that day and a year, or from the release dates
    that catalogs give to the name itself. Two different years are none.
    """
    years: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    wanted: set[tuple[str, Stamp]] = set()
    for folded, released_on in names:
        stamp = folded.stamp
        if stamp is None:
            continue
        if stamp.year == 0:
            wanted.add((folded.key, stamp))
        year = stamp.year or _year_near(stamp, released_on)
        if year and stamp.day:
            years[folded.key, stamp.month, stamp.day].add(year)
    found = {}
    for key, stamp in wanted:
        known = years[key, stamp.month, stamp.day]
        if len(known) == 1:
            found[key, stamp] = stamp._replace(year=next(iter(known)))
    return found


def _year_near(stamp: Stamp, released_on: date | None) -> int:
    if released_on is None:
        return 0
    for year in (released_on.year, released_on.year - 1, released_on.year + 1):
        try:
            distance = abs(date(year, stamp.month, stamp.day) - released_on)
        except ValueError:
            continue
        if distance <= _NEAR:
            return year
    return 0
