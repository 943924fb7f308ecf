"""Reads one operation out of a document, and what its plan depends on."""

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
    """``conditions`` are the variables that decide which fields are selected; ``inner`` those, and
    all others that are used elsewhere than in arguments of root fields. Both are sorted."""

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDetails]
    conditions: tuple[str, ...]
    inner: tuple[str, ...]


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


class _Variables(Visitor):
    """Collects the variables used."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.found.append(node.name.value)


def variables_in(nodes: Iterable[Node]) -> list[str]:
    """The names of the variables used anywhere in these nodes, as often as they are used."""
    variables = _Variables()
    for node in nodes:
        visit(node, variables)
    return variables.found


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
    inner = conditions.variables | set(variables_in(_below_arguments(document, node)))
    return Operation(node, fragments, tuple(sorted(conditions.variables)), tuple(sorted(inner)))


def _below_arguments(document: DocumentNode, node: OperationDefinitionNode) -> Iterator[Node]:
    """Everything but the arguments of the root fields that are named in the operation itself."""
    for selection in node.selection_set.selections:
        if not isinstance(selection, FieldNode):
            yield selection
        elif selection.selection_set is not None:
            yield selection.selection_set
    yield from (item for item in document.definitions if isinstance(item, FragmentDefinitionNode))
