"""A field's arguments, as graphql-core coerces and Strawberry converts them for the resolver."""

from collections.abc import Callable
from typing import Any

import strawberry
from graphql import FieldNode, GraphQLField
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.field import StrawberryField

from planner.conversion import Conversions
from planner.document import variables_in
from planner.templates import compile_template

Arguments = Callable[[VariableValues], dict[str, Any]]


def compile_arguments(
    schema: strawberry.Schema, definition: GraphQLField, field: StrawberryField, node: FieldNode
) -> Arguments:
    """Keyword arguments by Python name; converted once if they contain no variable."""
    if not definition.args:
        return lambda _variables: {}
    converter = Conversions(schema.schema_converter.scalar_registry, schema.config)
    convert_arguments = converter.arguments(field.arguments)

    def convert(variables: VariableValues | None) -> dict[str, Any]:
        return convert_arguments(get_argument_values(definition, node, variables))

    if names := variables_in(node.arguments or ()):
        return compile_template(convert, names)
    try:
        constant = convert(None)
    except Exception:  # each run raises the same error again, and the executor reports it
        return convert
    return lambda _variables: constant
