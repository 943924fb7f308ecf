"""The checker of histories finds each kind of fault, and nothing where there is none."""

from itertools import permutations
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.lab import histories
from deploy.lab.histories import INITIAL, Operation

_TIMES = st.integers(0, 12)


def write(value: int, start: float, end: float, **more: int) -> Operation:
    return Operation(0, "k", True, value, start, end, **more)


def read(value: int, start: float, end: float, **more: int) -> Operation:
    return Operation(1, "k", False, value, start, end, **more)


@pytest.mark.parametrize(
    ("operations", "is_right"),
    [
        ([write(1, 0, 1), read(1, 2, 3)], True),
        ([write(1, 0, 1), read(INITIAL, 2, 3)], False),
        ([write(1, 0, 3), read(INITIAL, 1, 2)], True),
        ([write(1, 0, 9), read(1, 1, 2), read(INITIAL, 3, 4)], False),
        ([write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)], False),
        ([write(1, 0, inf), read(INITIAL, 5, 6), read(1, 7, 8)], True),
        ([write(1, 0, inf), read(1, 5, 6), read(INITIAL, 7, 8)], False),
    ],
)
def test_known_histories(operations: list[Operation], is_right: bool) -> None:
    assert histories.is_linearizable(operations) is is_right


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), _TIMES, st.integers(1, 5)), max_size=5))
def test_the_search_finds_an_order_exactly_when_one_of_all_orders_is_right(
    drawn: list[tuple[bool, int, int, int]],
) -> None:
    operations = [
        write(number + 1, start, start + length) if is_write else read(value, start, start + length)
        for number, (is_write, value, start, length) in enumerate(drawn)
    ]
    expected = any(_explains(order) for order in permutations(operations))
    assert histories.is_linearizable(operations) is expected


def _explains(order: tuple[Operation, ...]) -> bool:
    value = INITIAL
    for place, one in enumerate(order):
        if any(later.ended_at < one.started_at for later in order[place + 1 :]):
            return False
        if one.is_write:
            value = one.value
        elif one.value != value:
            return False
    return True


@pytest.mark.parametrize(
    ("operations", "what"),
    [
        ([write(1, 0, 1, stated=11)], "newer than the revision that the response states"),
        ([read(3, 0, 1)], "a value that was never committed"),
        ([write(3, 0, inf), write(4, 0, 1)], "a value that was never committed"),
        ([read(1, 0, 1, known=25)], "older than the revision that the request names"),
        ([read(2, 0, 1, stated=19)], "newer than the revision that the response states"),
        ([write(2, 0, 1), read(1, 9, 10)], "older than the lag bound allows"),
    ],
)
def test_each_broken_promise_is_found(operations: list[Operation], what: str) -> None:
    found = histories.faults(operations, {"k": {1: 12, 2: 20}}, stale_max_s=5)
    assert [fault.what for fault in found] == [what]


def test_promises_that_are_kept() -> None:
    operations = [
        write(1, 0, 1, stated=12),
        write(2, 2, 3, stated=21),
        read(2, 4, 5, known=21, stated=21),
        read(1, 4, 5, known=19),
        read(1, 7, 8),
    ]
    assert histories.faults(operations, {"k": {1: 12, 2: 20}}, stale_max_s=5) == []
