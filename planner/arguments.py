"""A field's arguments as its resolver takes them: graphql-core's coercion, Strawberry's classes."""

import datetime
import decimal
import enum
import uuid
from collections.abc import Callable
from typing import Any

import strawberry
from graphql import FieldNode, GraphQLField
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from planner.document import variables_in
from planner.selection import PlanInfo
from planner.templates import compile_template

Arguments = Callable[[VariableValues, PlanInfo], dict[str, Any]]

# What cannot be changed by the resolver it is given to, so may be given to many.
_CONSTANTS = (
    bool | int | float | str | bytes | enum.Enum | uuid.UUID | decimal.Decimal | datetime.date
)


def compile_arguments(
    schema: strawberry.Schema,
    definition: GraphQLField,
    field: StrawberryField,
    node: FieldNode,
    *,
    are_shared: bool,
) -> Arguments:
    """Keyword arguments by Python name, computed once where no variable is among them.

    Objects and lists too when ``are_shared``: the caller promises that nobody changes them.
    """
    if not definition.args:
        return lambda _variables, _info: {}
    config, registry = schema.config, schema.schema_converter.scalar_registry

    def read(variables: VariableValues | None, info: PlanInfo | None) -> dict[str, Any]:
        given = get_argument_values(definition, node, variables)
        return convert_arguments(given, field.arguments, registry, config, info)  # type: ignore[arg-type]  # PlanInfo stands for Info

    names = variables_in(node.arguments or ())
    if names and are_shared:
        made = compile_template(lambda variables: read(variables, None), names)
        return lambda variables, _info: made(variables)
    if not names:
        try:
            constant = read(None, None)
        except Exception:  # the same will be raised when the plan is run, and make it give way
            return read
        values = constant.values()
        if are_shared or all(value is None or isinstance(value, _CONSTANTS) for value in values):
            return lambda _variables, _info: constant
    return read
