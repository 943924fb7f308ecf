"""Tallies."""

from domain.tallies import Tally


def test_a_value_is_counted_in_the_range_that_ends_with_it_or_above_it() -> None:
    tally = Tally((1, 2, 5))
    for value in (0, 1, 1.5, 2, 5, 6):
        tally.add(value)
    assert tally.counts == [2, 2, 1, 1]
    assert tally.total == 15.5
