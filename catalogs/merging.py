"""Three-way merges of what catalogs say with what a row holds; pure.

Values are plain: dates and enums as text, sets as sorted lists, so that they compare with the JSON
of `catalog_values`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple


class Column(NamedTuple):
    """A column that catalogs may fill.

    `unset` is its value when no catalog says one, and the base of a row that has none. A column
    that is `learned` counts as unedited in a row whose base was made before the column existed.
    """

    name: str
    unset: Any = None
    learned: bool = False


class Voice(NamedTuple):
    """What one entry says of a row. The smallest `rank` that says a value is right."""

    rank: tuple[bool, int, str, str]  # not listed, precedence, catalog, key
    values: Mapping[str, Any]

    @property
    def is_listed(self) -> bool:
        return not self.rank[0]


class Conflict(NamedTuple):
    """A column that somebody edited, so that it is not what the catalogs say."""

    column: str
    ours: Any
    theirs: Any


class Disagreement(NamedTuple):
    """What another listed catalog says of a column, other than its owner."""

    column: str
    owner: str
    value: Any
    other: str
    other_value: Any


class Merged(NamedTuple):
    """`changes` are the new values of columns, `base` is what all catalogs say together."""

    changes: dict[str, Any]
    base: dict[str, Any]
    conflicts: tuple[Conflict, ...]


def theirs(voices: Iterable[Voice], columns: Iterable[Column]) -> dict[str, Any]:
    """For each column the value of the first voice that says one, else None."""
    ordered = sorted(voices, key=lambda voice: voice.rank)
    return {column.name: _first(ordered, column.name)[1] for column in columns}


def disagreements(voices: Iterable[Voice], columns: Iterable[Column]) -> list[Disagreement]:
    """What listed catalogs say otherwise than the owner of a column, once for each catalog."""
    ordered = sorted((voice for voice in voices if voice.is_listed), key=lambda voice: voice.rank)
    found: list[Disagreement] = []
    for column in columns:
        owner, value = _first(ordered, column.name)
        seen = {owner}
        for voice in ordered:
            other, other_value = voice.rank[2], voice.values.get(column.name)
            if other_value is not None and other not in seen:
                seen.add(other)
                if other_value != value:
                    found.append(Disagreement(column.name, owner, value, other, other_value))
    return found


def base_of(
    columns: Iterable[Column], stored: Mapping[str, Any] | None, ours: Mapping[str, Any]
) -> dict[str, Any]:
    """What the catalogs said when the row was last merged; `stored` is None if it never was."""
    known = stored or {}
    return {
        name: ours[name]
        if learned and stored is not None and name not in known
        else known.get(name, unset)
        for name, unset, learned in columns
    }


def is_edited(
    columns: Sequence[Column], stored: Mapping[str, Any] | None, ours: Mapping[str, Any]
) -> bool:
    """Whether a column has another value than the catalogs gave it."""
    base = base_of(columns, stored, ours)
    return any(ours[column.name] != base[column.name] for column in columns)


def merge(
    columns: Sequence[Column],
    said: Mapping[str, Any],
    stored: Mapping[str, Any] | None,
    ours: Mapping[str, Any],
    *,
    force: bool = False,
) -> Merged:
    """Merge what catalogs say now (None: nothing) with the row, and with what they said last.

    A value that somebody edited stays. It is a conflict while the catalogs say another one, and
    `force` takes theirs instead.
    """
    base = base_of(columns, stored, ours)
    changes: dict[str, Any] = {}
    new_base: dict[str, Any] = {}
    conflicts: list[Conflict] = []
    for name, unset, _ in columns:
        is_said, own = said[name] is not None, ours[name]
        value = said[name] if is_said else unset
        new_base[name] = value
        if own == value:
            continue
        if (own == base[name] and value != base[name]) or (force and is_said):
            changes[name] = value
        elif is_said:
            conflicts.append(Conflict(name, own, value))
    return Merged(changes, new_base, tuple(conflicts))


def _first(ordered: Iterable[Voice], name: str) -> tuple[str, Any]:
    """The catalog, and the value, of the first voice that says one."""
    return next(
        (
            (voice.rank[2], value)
            for voice in ordered
            if (value := voice.values.get(name)) is not None
        ),
        ("", None),
    )
