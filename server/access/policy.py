"""The policy: which role an operation needs. Each root field says it in its declaration.

A field of an object that needs a role is not refused: below that role it is null
(schema/fields.py).
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from domain.access import Identity, Role
from resolvers.errors import FORBIDDEN
from schema.fields import required_role
from server.errors import HttpError

_INTROSPECTION = "__"  # its fields are of no declaration: whoever may read may read the schema


class Requirement(NamedTuple):
    """The highest role that the root fields of an operation need, and a field that needs it."""

    role: Role
    field: str


UNKNOWN = Requirement(Role.ADMIN, "An invalid operation")


def required(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
) -> Requirement:
    """The requirement of a valid operation, whether or not its directives skip the field."""
    root = schema.get_root_type(operation.operation)
    assert root is not None  # the operation is valid
    found = Requirement(Role.READER, "")
    for name in _root_fields(operation.selection_set, fragments, set()):
        role = _role(root, name)
        if not found.field or not found.role.includes(role):
            found = Requirement(role, f"{root.name}.{name}")
    return found


def check(requirement: Requirement, identity: Identity) -> None:
    """Raises HttpError when the caller may not use all root fields of an operation."""
    if not identity.may(requirement.role):
        message = (
            f"{requirement.field} needs the role {requirement.role}; the caller has the role"
            f" {identity.role}"
        )
        raise HttpError(HTTPStatus.FORBIDDEN, message, FORBIDDEN, {"cache-control": "no-store"})


def _role(root: GraphQLObjectType, name: str) -> Role:
    return Role.READER if name.startswith(_INTROSPECTION) else required_role(root.fields[name])


def _root_fields(
    selected: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], seen: set[str]
) -> Iterator[str]:
    """The names of the fields at the top, in fragments too, each fragment once."""
    for selection in selected.selections:
        if isinstance(selection, FieldNode):
            yield selection.name.value
            continue
        inner = _selection_set(selection, fragments, seen)
        if inner is not None:
            yield from _root_fields(inner, fragments, seen)


def _selection_set(
    selection: SelectionNode, fragments: Mapping[str, FragmentDefinitionNode], seen: set[str]
) -> Any:
    """What a fragment selects; None for one that was seen already."""
    if isinstance(selection, InlineFragmentNode):
        return selection.selection_set
    assert isinstance(selection, FragmentSpreadNode)
    name = selection.name.value
    if name in seen:
        return None
    seen.add(name)
    return fragments[name].selection_set
