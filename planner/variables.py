"""A request's variables, coerced as graphql-core does."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from graphql import GraphQLError, GraphQLNonNull, GraphQLSchema, VariableDefinitionNode
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from planner.types import IDENTICAL

Variables = Callable[[dict[str, Any]], VariableValues | list[GraphQLError]]


class _Plain(NamedTuple):
    """A variable of a built-in scalar: values of this class that pass are left as they are."""

    signature: GraphQLVariableSignature
    class_: type
    is_right: Callable[[Any], bool]


def compile_variables(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]
) -> Variables:
    """A function from JSON values to coerced ones, or to what is wrong with them.

    Where all variables are built-in scalars it need not ask graphql-core, unless a value is
    missing, null or of another kind: that takes 1 us in place of 6 for each.
    """
    plain = [_plain(schema, definition) for definition in definitions]

    def read(given: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for known in plain:
            if known is None:
                break
            name = known.signature.name
            value = given.get(name)
            if value.__class__ is not known.class_ or not known.is_right(value):
                break
            sources[name] = VariableValueSource(known.signature, value)
            coerced[name] = value
        else:
            return VariableValues(sources, coerced)
        return get_variable_values(schema, definitions, given)

    return read


def _plain(schema: GraphQLSchema, definition: VariableDefinitionNode) -> _Plain | None:
    signature = get_variable_signature(schema, definition)
    if isinstance(signature, GraphQLError):
        return None
    type_ = signature.type
    named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if named not in IDENTICAL:
        return None
    class_, _, is_right = IDENTICAL[named]
    return _Plain(signature, class_, is_right)
