"""A request's variables, coerced as graphql-core does."""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLSchema, VariableDefinitionNode
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from planner.coercion import Coercions, Unusual

CoerceVariables = Callable[[dict[str, Any]], VariableValues | list[GraphQLError]]


def compile_variables(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]
) -> CoerceVariables:
    """A function from JSON values to coerced values, or to their errors.

    If all variables have a usual value, it does not call graphql-core: this takes 1 us instead of 6
    for a variable of a built-in scalar, and a fifth of the time for a long list.
    """
    signatures = [get_variable_signature(schema, definition) for definition in definitions]
    coercions = Coercions()
    compiled = [
        None if isinstance(each, GraphQLError) else (each, coercions.of(each.type))
        for each in signatures
    ]

    def coerce(values: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        try:
            for variable in compiled:
                if variable is None:
                    raise Unusual
                signature, coerce_value = variable
                name = signature.name
                value = values.get(name)
                if value is None:
                    raise Unusual
                coerced[name] = coerce_value(value)
                sources[name] = VariableValueSource(signature, value)
        except (Unusual, RecursionError):
            return get_variable_values(schema, definitions, values)
        return VariableValues(sources, coerced)

    return coerce
