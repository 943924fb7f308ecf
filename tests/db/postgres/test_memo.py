"""Results kept for the same object again."""

import gc
from typing import Any

from db.postgres.memo import by_identity


def test_the_same_object_is_asked_once_and_an_equal_one_again() -> None:
    asked: list[Any] = []

    @by_identity
    def size(items: list[int]) -> int:
        asked.append(items)
        return len(items)

    one, other = [1, 2], [1, 2]
    assert [size(one), size(one), size(other), size(one)] == [2, 2, 2, 2]
    assert [items is one for items in asked] == [True, False]


def test_a_new_object_never_gets_the_result_of_one_that_is_gone() -> None:
    @by_identity
    def first(items: list[int]) -> int:
        return items[0]

    for number in range(5_000):  # beyond what is kept; ids come again
        assert first([number]) == number
        if number % 1_000 == 0:
            gc.collect()


def test_what_is_kept_is_bounded() -> None:
    asked = 0

    @by_identity
    def count(_: list[int]) -> int:
        nonlocal asked
        asked += 1
        return asked

    lists = [[number] for number in range(1_001)]
    for items in lists:
        count(items)
    assert count(lists[-1]) == 1_001
    assert count(lists[0]) == 1_002  # it has left
