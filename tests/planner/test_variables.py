"""Variables are coerced as graphql-core coerces them, by the short way and by the long one."""

import re
from itertools import product
from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse
from graphql.execution.values import get_variable_values

from planner import compile_variables

SCHEMA = build_schema(
    "enum E { A } input I { s: String! } scalar Any type Query { a(s: String): Int }"
)
ABSENT = object()
VALUES = [ABSENT, None, "", "A", True, 0, 1, 2**31, -(2**31), 1.0, 1.5, float("inf"), [], ["a"], {}]
VALUES += [{"s": "x"}, 10**400]
TYPES = [*("String", "ID", "Int", "Float", "Boolean", "E", "I", "Any", "[String!]")]


@pytest.mark.parametrize("type_", [*TYPES, *(f"{name}!" for name in TYPES), 'String = "d"', "Nope"])
def test_variables_are_what_graphql_core_makes_of_them(type_: str) -> None:
    definitions = _definitions(f"query ($v: {type_}, $n: Int) {{ a }}")
    read = compile_variables(SCHEMA, definitions)
    for value, number in product(VALUES, (ABSENT, 3, "3")):
        named = {"v": value, "n": number, "other": 1}
        given = {name: item for name, item in named.items() if item is not ABSENT}
        assert _told(read(given)) == _told(get_variable_values(SCHEMA, definitions, given)), given


def _definitions(text: str) -> Any:
    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return operation.variable_definitions


def _told(found: Any) -> str:
    told = repr([error.formatted for error in found] if isinstance(found, list) else found)
    return re.sub(r"0x[0-9a-f]+", "", told)  # of a default's object
