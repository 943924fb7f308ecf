"""Arguments from a template equal those that graphql-core and Strawberry convert."""

from dataclasses import asdict, is_dataclass
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import FieldNode, OperationDefinitionNode, parse
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.scalars import JSON
from strawberry.types.arguments import convert_arguments

from planner import compile_variables
from planner.arguments import compile_arguments


@strawberry.enum
class Colour(Enum):
    RED = "red"


@strawberry.input
class Inner:
    name: str | None = strawberry.UNSET
    sizes: list[int] | None = None
    colour: Colour | None = None
    any: JSON | None = None
    maybe: strawberry.Maybe[str | None]


@strawberry.input(one_of=True)
class Either:
    id: strawberry.ID | None = strawberry.UNSET
    inner: Inner | None = strawberry.UNSET


@strawberry.type
class Query:
    @strawberry.field
    def a(
        self,
        s: str | None = "default",
        n: int = 1,
        by: Either | None = None,
        inner: Inner | None = None,
        several: list[Inner] | None = None,
    ) -> int:
        return 1


SCHEMA = strawberry.Schema(Query)
TYPES = {"s": "String", "t": "String!", "n": "Int", "i": "ID!", "c": "Colour", "o": "Inner"}
FIELDS = [
    "a(s: $s)",
    "a(s: $t, n: 5)",
    "a(by: {id: $i})",
    "a(by: {inner: {name: $s, sizes: [1, 2], colour: RED}})",
    "a(inner: {name: $s, sizes: [$n]})",
    "a(inner: {colour: $c, name: $t})",
    "a(inner: {any: {deep: [$s, $n]}})",
    "a(inner: {any: $t})",
    "a(inner: {maybe: $t})",
    "a(inner: $o, s: $s)",
    "a(several: [{name: $s}, {name: $t}])",
    "a(s: $t, inner: {name: $t}, n: 2)",
    "a(s: $t, inner: {any: {deep: [$t]}})",
    "a(n: $n, inner: {name: $s, sizes: [$n]})",
]
VALUES: list[dict[str, Any]] = [
    {"t": "t", "i": "i"},
    {"t": "t", "i": "i", "s": "s", "n": 4, "c": "RED", "o": {"name": "x"}},
    {"t": "", "i": "", "s": None, "n": None, "c": None, "o": None},
]


@pytest.mark.parametrize("text", FIELDS)
def test_templates_are_exact(text: str) -> None:
    used = {name: type_ for name, type_ in TYPES.items() if f"${name}" in text}
    definitions = ", ".join(f"${name}: {type_}" for name, type_ in used.items())
    operation = parse(f"query ({definitions}) {{ {text} }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    node = operation.selection_set.selections[0]
    assert isinstance(node, FieldNode)
    core = SCHEMA._schema
    coerce = compile_variables(core, operation.variable_definitions or ())
    assert core.query_type is not None
    definition = core.query_type.fields["a"]
    field = definition.extensions["strawberry-definition"]
    compiled = compile_arguments(SCHEMA, definition, field, node)

    def expected(variables: VariableValues) -> dict[str, Any]:
        values = get_argument_values(definition, node, variables)
        registry = SCHEMA.schema_converter.scalar_registry
        return convert_arguments(values, field.arguments, registry, SCHEMA.config)

    for values in [*VALUES, *reversed(VALUES)]:
        variables = coerce(values)
        assert isinstance(variables, VariableValues)
        assert _shown(compiled, variables) == _shown(expected, variables)


def _shown(convert: Any, variables: VariableValues) -> str:
    try:
        arguments = convert(variables)
    except Exception as error:  # both must raise the same
        return f"{type(error).__name__}: {error}"
    return repr({key: _plain(value) for key, value in arguments.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return (type(value), asdict(value)) if is_dataclass(value) else value
