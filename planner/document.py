"""Reads one operation out of a document, and what its plan depends on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    get_operation_ast,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails

from planner.errors import UnplannableError


@dataclass(frozen=True, slots=True)
class Operation:
    """``conditions`` are the variables that decide which fields are selected, sorted."""

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDetails]
    conditions: tuple[str, ...]


class _Conditions(Visitor):
    """Collects the variables of ``@skip`` and ``@include``; refuses every other directive."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value not in ("skip", "include"):
            raise UnplannableError(f"directive @{node.name.value}")
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.variables.add(argument.value.name.value)


def read_operation(document: DocumentNode, operation_name: str | None) -> Operation:
    """The operation to run; UnplannableError when there is not exactly one of that name."""
    node = get_operation_ast(document, operation_name)
    if node is None:
        raise UnplannableError("no such operation")
    fragments = {}
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            if definition.variable_definitions:
                raise UnplannableError("fragment variables")
            fragments[definition.name.value] = FragmentDetails(definition)
    conditions = _Conditions()
    visit(document, conditions)
    return Operation(node, fragments, tuple(sorted(conditions.variables)))
