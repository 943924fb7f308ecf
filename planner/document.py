"""Reads one operation of a document, and the variables that its plan depends on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    Node,
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
    """An operation and its fragments.

    ``condition_variables`` decide which fields are selected. ``nested_variables`` are these, and
    all that are used anywhere but in arguments of root fields. Both are sorted by name.
    """

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDetails]
    condition_variables: tuple[str, ...]
    nested_variables: tuple[str, ...]


class _ConditionVisitor(Visitor):
    """Collects the variables of ``@skip`` and ``@include``; rejects all other directives."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value not in ("skip", "include"):
            raise UnplannableError(f"directive @{node.name.value} is not supported")
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.variables.add(argument.value.name.value)


class _VariableVisitor(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.append(node.name.value)


def variables_in(nodes: Iterable[Node]) -> list[str]:
    """The names of the variables in these nodes, one for each use."""
    visitor = _VariableVisitor()
    for node in nodes:
        visit(node, visitor)
    return visitor.names


def read_operation(document: DocumentNode, operation_name: str | None) -> Operation:
    """The operation to run; raises UnplannableError unless exactly one has that name."""
    node = get_operation_ast(document, operation_name)
    if node is None:
        raise UnplannableError("not exactly one operation to run")
    fragments = {}
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            if definition.variable_definitions:
                raise UnplannableError("fragments with variables")
            fragments[definition.name.value] = FragmentDetails(definition)
    visitor = _ConditionVisitor()
    visit(document, visitor)
    conditions = visitor.variables
    nested = conditions | set(variables_in(_nested_nodes(document, node)))
    return Operation(node, fragments, tuple(sorted(conditions)), tuple(sorted(nested)))


def _nested_nodes(document: DocumentNode, node: OperationDefinitionNode) -> Iterator[Node]:
    """Everything except the arguments of root fields that the operation itself selects."""
    for selection in node.selection_set.selections:
        if not isinstance(selection, FieldNode):
            yield selection
        elif selection.selection_set is not None:
            yield selection.selection_set
    yield from (item for item in document.definitions if isinstance(item, FragmentDefinitionNode))
