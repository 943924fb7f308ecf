"""Values that cannot be hashed have equal stand-ins when they are equal."""

from dataclasses import dataclass
from typing import Any

import pytest

from domain.hashable import hashable


@dataclass
class _Range:
    low: int
    names: list[str]


VALUES: list[Any] = [
    None,
    1,
    "1",
    [],
    [1, [2]],
    [[1], 2],
    {"a": [1], "b": {"c": None}},
    {"a": [1], "b": {"c": 0}},
    _Range(1, ["a"]),
    _Range(1, ["b"]),
]


@pytest.mark.parametrize("value", VALUES)
def test_stand_ins_are_equal_for_equal_values_and_differ_otherwise(value: Any) -> None:
    equal = [hashable(other) == hashable(value) for other in VALUES]
    assert equal == [other == value for other in VALUES]
    assert hash(hashable(value)) == hash(hashable(value))
