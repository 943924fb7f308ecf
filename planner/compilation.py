"""One compilation of an operation: its inputs, and graphql-core's collection of fields."""

from dataclasses import dataclass
from typing import NamedTuple

import strawberry
from graphql import GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import (
    FieldDetailsList,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from strawberry.types.field import StrawberryField

from planner.arguments import Arguments, compile_arguments
from planner.document import Operation
from planner.errors import UnplannableError
from planner.types import Types

_FIELDS_MAX = 5_000  # in one compilation: fragments and interfaces can multiply the fields


class PlannerContext(NamedTuple):
    """What all plans of one planner share."""

    schema: strawberry.Schema
    types: Types


class SelectedField(NamedTuple):
    """One field of one object type; ``details`` are the nodes that select it under ``key``."""

    key: str
    definition: GraphQLField
    declared: StrawberryField
    details: FieldDetailsList


@dataclass(slots=True)
class Compilation:
    """One operation, compiled for the values that ``variables`` give to its conditions."""

    context: PlannerContext
    operation: Operation
    variables: VariableValues
    field_count: int = 0

    def root_fields(self, root: GraphQLObjectType) -> GroupedFieldSet:
        fragments = dict(self.operation.fragments)
        graph = self.context.schema._schema
        collected = collect_fields(graph, fragments, self.variables, root, self.operation.node)
        return collected.grouped_field_set

    def subfields(self, type_: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        operation = self.operation
        collected = collect_subfields(
            self.context.schema._schema,
            dict(operation.fragments),
            self.variables,
            operation.node,
            type_,
            details,
        )
        return collected.grouped_field_set

    def field(self, type_: GraphQLObjectType, key: str, details: FieldDetailsList) -> SelectedField:
        """Raises UnplannableError for a field that Strawberry does not declare: introspection."""
        name = details[0].node.name.value
        definition = type_.fields.get(name)
        declared = definition and definition.extensions.get("strawberry-definition")
        if definition is None or not isinstance(declared, StrawberryField):
            raise UnplannableError(f"field {type_.name}.{name} is not declared by Strawberry")
        return SelectedField(key, definition, declared, details)

    def arguments(self, selected: SelectedField) -> Arguments:
        _, definition, declared, details = selected
        return compile_arguments(self.context.schema, definition, declared, details[0].node)

    def count_field(self) -> None:
        self.field_count += 1
        if self.field_count > _FIELDS_MAX:
            raise UnplannableError(f"more than {_FIELDS_MAX} fields")
