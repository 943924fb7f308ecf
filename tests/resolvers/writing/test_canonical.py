"""The canonical form of inputs."""

from decimal import Decimal

import pytest

from resolvers.reference_inputs import LabelInput, ModelRef
from resolvers.writing.canonical import digest

EQUAL = [
    (Decimal("0.1"), Decimal("0.10")),
    (Decimal("1E+2"), Decimal(100)),
    (Decimal("0.00"), Decimal("-0")),
    ({"a": 1, "b": [2.0]}, {"b": [2], "a": 1.0}),
    (10**40, Decimal(10**40)),
    (1e22, 10**22),
    (LabelInput(key="a", value="b"), LabelInput(key="a", value="b")),
]
DIFFERENT = [
    (Decimal("0.1"), Decimal("0.1000000000000000000000000000000000000000001")),
    (10**40, 10**40 + 1),
    (True, 1),
    (False, None),
    ("1", 1),
    ({"a": None}, {}),
    ([1, 2], [2, 1]),
    ([], {}),
    (["list"], [["list"]]),
    ({"number": "1"}, 1),
    (ModelRef(id="a"), ModelRef(name="a")),
    ("\ud800", "\udfff"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_inputs_that_mean_the_same_have_one_form(one: object, other: object) -> None:
    assert digest(one) == digest(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_inputs_have_another_form(one: object, other: object) -> None:
    assert digest(one) != digest(other)


def test_a_value_of_an_unknown_type_is_an_error_of_the_programmer() -> None:
    with pytest.raises(TypeError, match="set"):
        digest({"a": {1}})
