"""Which requests depend on reported outcomes, or on runs of imports.

Neither changes the data version (db/reads/data_version.py): outcomes arrive all the time, and an
import may fail and leave the data as it is. A response that depends on them is cached for a second
at most. Fields and inputs say in their declarations whether they do.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLSchema,
    Node,
    ObjectFieldNode,
    is_input_object_type,
    is_object_type,
)

from resolvers.orders import OBSERVED_ORDERS
from schema.fields import is_observed
from server.execution import ast

SECONDS = 1.0


class ObservedNames(NamedTuple):
    """The names of observed fields, and of the inputs that select or order by what is observed."""

    fields: frozenset[str]
    input_fields: frozenset[str]
    values: frozenset[str]


def names(schema: GraphQLSchema) -> ObservedNames:
    """The names in a schema."""

    def declared(is_kind: Any) -> frozenset[str]:
        types: list[Any] = [each for each in schema.type_map.values() if is_kind(each)]
        fields = (item for type_ in types for item in type_.fields.items())
        return frozenset(name for name, field in fields if is_observed(field))

    values = frozenset(value.value for value in OBSERVED_ORDERS)
    return ObservedNames(declared(is_object_type), declared(is_input_object_type), values)


def is_in_document(document: DocumentNode, observed: ObservedNames) -> bool:
    """Whether a document names something observed, in any of its operations."""
    return any(_is_observed(node, observed) for node in ast.nodes(document))


def _is_observed(node: Node, observed: ObservedNames) -> bool:
    if isinstance(node, FieldNode):
        return node.name.value in observed.fields
    if isinstance(node, ObjectFieldNode):
        return node.name.value in observed.input_fields
    return isinstance(node, EnumValueNode) and node.value in observed.values


def is_in_variables(variables: Any, observed: ObservedNames) -> bool:
    """Whether variables, as JSON, may name an observed input; a text with its name does, too."""
    pending = [variables]
    while pending:
        value = pending.pop()
        if isinstance(value, Mapping):
            if not observed.input_fields.isdisjoint(value):
                return True
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, str) and value in observed.values:
            return True
    return False
