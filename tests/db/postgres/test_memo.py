"""Results are cached by the identity of the argument."""

import gc
from typing import Any

from db.postgres.memo import by_identity


def test_the_function_is_called_once_per_object_and_again_for_an_equal_one() -> None:
    calls: list[Any] = []

    @by_identity
    def size(items: list[int]) -> int:
        calls.append(items)
        return len(items)

    first, second = [1, 2], [1, 2]
    assert [size(first), size(first), size(second), size(first)] == [2, 2, 2, 2]
    assert [items is first for items in calls] == [True, False]


def test_a_new_object_never_gets_the_result_of_a_collected_one() -> None:
    @by_identity
    def first(items: list[int]) -> int:
        return items[0]

    for number in range(5_000):  # more than the cache holds; ids are used again
        assert first([number]) == number
        if number % 1_000 == 0:
            gc.collect()


def test_the_cache_is_bounded() -> None:
    calls = 0

    @by_identity
    def count(_: list[int]) -> int:
        nonlocal calls
        calls += 1
        return calls

    lists = [[number] for number in range(1_001)]
    for items in lists:
        count(items)
    assert count(lists[-1]) == 1_001
    assert count(lists[0]) == 1_002  # it was evicted
