"""Three-way merges of fields."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs.merging import Column, Conflict, Voice, disagreements, is_edited, merge, theirs

COLUMNS = (Column("window"), Column("priority", 100))
VALUES = st.none() | st.integers(1, 3)


def _voice(catalog: str, precedence: int, listed: bool = True, **values: Any) -> Voice:
    return Voice((not listed, precedence, catalog, "key"), values)


@pytest.mark.parametrize(
    ("base", "ours", "said", "changes", "conflicts"),
    [
        (5, 5, 5, {}, []),
        (5, 5, 4, {"window": 4}, []),
        (5, 5, None, {"window": None}, []),
        (5, 9, 5, {}, [Conflict("window", 9, 5)]),
        (5, 9, 4, {}, [Conflict("window", 9, 4)]),
        (5, 4, 4, {}, []),
        (5, 9, None, {}, []),
        (None, 9, None, {}, []),
        (None, None, 4, {"window": 4}, []),
    ],
)
def test_each_case_of_a_field(
    base: Any, ours: Any, said: Any, changes: Any, conflicts: list[Conflict]
) -> None:
    columns = (Column("window"),)
    merged = merge(columns, {"window": said}, {"window": base}, {"window": ours})
    assert merged.changes == changes
    assert list(merged.conflicts) == conflicts
    assert merged.base == {"window": said}


def test_a_row_without_a_base_was_made_by_somebody() -> None:
    said = {"window": 4, "priority": 900}
    merged = merge(COLUMNS, said, None, {"window": 9, "priority": 100})
    assert merged.changes == {"priority": 900}
    assert merged.conflicts == (Conflict("window", 9, 4),)


def test_a_learned_column_counts_as_unedited_until_it_was_merged() -> None:
    columns = (Column("rolling", False, learned=True),)
    assert merge(columns, {"rolling": False}, {}, {"rolling": True}).changes == {"rolling": False}
    assert merge(columns, {"rolling": False}, None, {"rolling": True}).changes == {}
    assert not is_edited(columns, {}, {"rolling": True})


def test_force_takes_what_the_catalogs_say_and_keeps_what_none_says() -> None:
    said = {"window": 4, "priority": None}
    ours = {"window": 9, "priority": 7}
    base = {"window": 5, "priority": 100}
    assert merge(COLUMNS, said, base, ours, force=True).changes == {"window": 4}


def test_the_lowest_rank_that_says_a_value_owns_it() -> None:
    voices = [_voice("b", 20, window=2), _voice("a", 10), _voice("c", 5, listed=False, window=3)]
    assert theirs(voices, COLUMNS) == {"window": 2, "priority": None}
    assert theirs(voices[1:], COLUMNS) == {"window": 3, "priority": None}


def test_another_listed_catalog_disagrees_once() -> None:
    voices = [
        _voice("a", 10, window=1),
        _voice("b", 20, window=2),
        _voice("c", 30, window=1),
        _voice("d", 40, listed=False, window=9),
    ]
    assert [tuple(each) for each in disagreements(voices, COLUMNS)] == [("window", "a", 1, "b", 2)]


@given(base=VALUES, ours=VALUES, said=VALUES, force=st.booleans())
def test_a_second_merge_changes_nothing(base: Any, ours: Any, said: Any, force: bool) -> None:
    columns = (Column("window"),)
    first = merge(columns, {"window": said}, {"window": base}, {"window": ours}, force=force)
    row = {"window": ours} | first.changes
    again = merge(columns, {"window": said}, first.base, row, force=force)
    assert again.changes == {}
    assert again.base == first.base
    assert again.conflicts == first.conflicts


@given(base=VALUES, ours=VALUES, said=VALUES)
def test_an_edit_stays(base: Any, ours: Any, said: Any) -> None:
    merged = merge((Column("window"),), {"window": said}, {"window": base}, {"window": ours})
    if ours != base:
        assert merged.changes == {}
    else:
        assert ours | merged.changes if isinstance(ours, dict) else True
        assert merged.changes.get("window", ours) == said
