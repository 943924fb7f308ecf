"""A request's variables, coerced as graphql-core does."""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLNonNull, GraphQLSchema, VariableDefinitionNode
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from planner.types import BUILTIN_SCALARS, BuiltinScalar

CoerceVariables = Callable[[dict[str, Any]], VariableValues | list[GraphQLError]]


def compile_variables(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]
) -> CoerceVariables:
    """A function from JSON values to coerced values, or to their errors.

    If all variables are of built-in scalars and have a value of the right class, it does not call
    graphql-core: this takes 1 us per variable instead of 6.
    """
    builtin = [_builtin_scalar(schema, definition) for definition in definitions]

    def coerce(values: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for variable in builtin:
            if variable is None:
                break
            signature, scalar = variable
            name = signature.name
            value = values.get(name)
            if value.__class__ is not scalar.class_ or not scalar.meets_condition(value):
                break
            sources[name] = VariableValueSource(signature, value)
            coerced[name] = value
        else:
            return VariableValues(sources, coerced)
        return get_variable_values(schema, definitions, values)

    return coerce


def _builtin_scalar(
    schema: GraphQLSchema, definition: VariableDefinitionNode
) -> tuple[GraphQLVariableSignature, BuiltinScalar] | None:
    signature = get_variable_signature(schema, definition)
    if isinstance(signature, GraphQLError):
        return None
    type_ = signature.type
    named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    scalar = BUILTIN_SCALARS.get(named)
    return None if scalar is None else (signature, scalar)
