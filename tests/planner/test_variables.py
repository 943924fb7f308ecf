"""Variables are coerced as graphql-core coerces them, with and without a call to it."""

import re
from itertools import product
from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse
from graphql.execution.values import get_variable_values

from planner import compile_variables

SCHEMA = build_schema(
    "enum E { A } input I { s: String! } scalar Any type Query { a(s: String): Int }"
    "input R { f: [Float!]! i: [Int!] n: [Int] r: R e: [E!] } input D { i: Int = 3 s: String }"
    "input O @oneOf { s: String i: Int }"
)
ABSENT = object()
VALUES = [ABSENT, None, "", "A", True, 0, 1, 2**31, -(2**31), 1.0, 1.5, float("inf"), [], ["a"], {}]
VALUES += [{"s": "x"}, 10**400, {"s": None}, {"s": "x", "i": 1}, {"i": 2**31}, [[1.5]], [None]]
VALUES += [
    {"f": [1.5, 2.5], "i": [1, -(2**31)], "n": [1, None], "e": ["A"]},
    {"f": [1, 2.5], "i": [1, 2.0], "r": {"f": [], "r": None}},
    {"r": {"f": [0.1]}, "f": [1e308, 1e308]},  # their sum is no finite number
    *({"f": each} for each in ([float("inf")], [float("nan")], [True], [None], ["1"], 1.5, None)),
    *({"f": [], "i": each} for each in ([2**31], [True], ["1"], [None], 1, None)),
    *({"f": [], "e": each} for each in (["B"], "A", [None], [])),
    {"f": [], "unknown": 1},
]
TYPES = [*("String", "ID", "Int", "Float", "Boolean", "E", "I", "Any", "[String!]")]
TYPES += ["R", "D", "O", "[R]", "[[Float!]!]", "[Int]"]


@pytest.mark.parametrize("type_", [*TYPES, *(f"{name}!" for name in TYPES), 'String = "d"', "Nope"])
def test_variables_are_coerced_as_graphql_core_coerces_them(type_: str) -> None:
    definitions = _definitions(f"query ($v: {type_}, $n: Int) {{ a }}")
    coerce = compile_variables(SCHEMA, definitions)
    for value, number in product(VALUES, (ABSENT, 3, "3")):
        values = {"v": value, "n": number, "other": 1}
        values = {name: item for name, item in values.items() if item is not ABSENT}
        expected = get_variable_values(SCHEMA, definitions, values)
        assert _shown(coerce(values)) == _shown(expected), values


def _definitions(text: str) -> Any:
    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return operation.variable_definitions


def _shown(coerced: Any) -> str:
    errors = isinstance(coerced, list)
    shown = repr([error.formatted for error in coerced] if errors else coerced)
    return re.sub(r"0x[0-9a-f]+", "", shown)  # the addresses of default values
