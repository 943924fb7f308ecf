"""An operation for each root field and each restricted field, generated from the schema."""

from collections import deque
from typing import Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
    is_required_argument,
    is_required_input_field,
)

from domain.access import Role
from tests.graphql import SCHEMA
from tests.project.access_page import Restriction, restrictions

_TYPES: dict[str, Any] = dict(SCHEMA._schema.type_map)
_OPERATIONS = {"Query": "query", "Mutation": "mutation", "Subscription": "subscription"}
# Values of scalars; no object has these ids and names.
_SCALARS: dict[str, Any] = {
    "ID": "mdl_00000000000000000000000000000000",
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "String": "nothing",
    "DateTime": "2024-01-01T00:00:00Z",
    "Date": "2024-01-01",
    "Decimal": "1",
    "BigInt": "1",
    "SHA256": "0" * 64,
    "SemVer": "1.0.0",
    "URL": "https://example.com",
    "JSON": {},
}
_EVENTS_FROM_THE_START = "ZXZlbnQ6MA"


class Cell(NamedTuple):
    """An operation that uses one restricted field, and the role that it needs."""

    coordinate: str
    role: Role
    kind: str  # query, mutation or subscription
    document: str
    path: tuple[str, ...]  # of the field in the data; of an object, through its lists


def root_cells() -> list[Cell]:
    """An operation for each root field."""
    return [_root(each) for each in restrictions() if each.type_name in _OPERATIONS]


def object_cells() -> list[Cell]:
    """A query for each restricted field of an object."""
    return [
        _object(each)
        for each in restrictions()
        if each.type_name not in _OPERATIONS and is_object_type(_TYPES[each.type_name])
    ]


def _root(restriction: Restriction) -> Cell:
    field = _TYPES[restriction.type_name].fields[restriction.field]
    kind = _OPERATIONS[restriction.type_name]
    document = f"{kind} Cell {{ {_selected(restriction.field, field, '__typename')} }}"
    return Cell(restriction.coordinate, restriction.role, kind, document, (restriction.field,))


def _object(restriction: Restriction) -> Cell:
    path = _path_to(restriction.type_name)
    selection = restriction.field
    for name, field in reversed(path):
        selection = _selected(name, field, selection)
    names = (*(name for name, _ in path), restriction.field)
    return Cell(restriction.coordinate, restriction.role, "query", f"{{ {selection} }}", names)


def _path_to(type_name: str) -> list[tuple[str, GraphQLField]]:
    """The shortest path of fields without required arguments from Query to a type."""
    pending: deque[tuple[str, list[tuple[str, GraphQLField]]]] = deque([("Query", [])])
    seen = {"Query"}
    while pending:
        current, path = pending.popleft()
        if current == type_name:
            return path
        for name, field in _TYPES[current].fields.items():
            target = get_named_type(field.type)
            is_open = not any(is_required_argument(each) for each in field.args.values())
            if is_object_type(target) and is_open and target.name not in seen:
                seen.add(target.name)
                pending.append((target.name, [*path, (name, field)]))
    raise AssertionError(f"no path without arguments leads to {type_name}")


def _selected(name: str, field: GraphQLField, inner: str) -> str:
    """A field with its required arguments, and the fields inside."""
    given = {
        key: _literal(argument.type)
        for key, argument in field.args.items()
        if is_required_argument(argument)
    }
    if name == "registryChanged":
        given["after"] = f'"{_EVENTS_FROM_THE_START}"'
    arguments = ", ".join(f"{key}: {value}" for key, value in given.items())
    called = f"{name}({arguments})" if arguments else name
    return called if is_leaf_type(get_named_type(field.type)) else f"{called} {{ {inner} }}"


def _literal(type_: Any) -> str:
    """A value of a type; of an input, with all that is required, and one field of a one-of."""
    type_ = get_nullable_type(type_)
    if is_list_type(type_):
        return f"[{_literal(type_.of_type)}]"
    if isinstance(type_, GraphQLEnumType):
        return str(next(iter(type_.values)))
    if not isinstance(type_, GraphQLInputObjectType):
        value = _SCALARS[type_.name]
        return f'"{value}"' if isinstance(value, str) else str(value).replace("True", "true")
    required = {k: f for k, f in type_.fields.items() if is_required_input_field(f)}
    if type_.is_one_of:
        required = dict([next(iter(type_.fields.items()))])
    fields = ", ".join(f"{name}: {_literal(field.type)}" for name, field in required.items())
    return f"{{{fields}}}"
