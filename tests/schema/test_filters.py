"""What holds for the filters of all connections, and for their lists."""

from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_nullable_type,
    is_list_type,
    parse,
)

from server.execution import limits
from server.settings import Settings
from tests.graphql import SCHEMA

CORE = SCHEMA._schema
FILTERS = {
    name: type_
    for name, type_ in CORE.type_map.items()
    if isinstance(type_, GraphQLInputObjectType) and name.endswith("Filter")
}
LISTS = [
    (name, field)
    for name, type_ in FILTERS.items()
    for field, declared in type_.fields.items()
    if is_list_type(get_nullable_type(declared.type))
]
# Names that say how many of the values must match.
QUANTIFIED = {"anyCapability"}
TOO_MANY = Settings(_env_file=None).input_list_max + 1


@pytest.mark.parametrize(("filter_", "field"), LISTS)
def test_a_list_is_named_in_the_plural(filter_: str, field: str) -> None:
    assert field.endswith("s") or field in QUANTIFIED


def _places(filter_: str) -> list[tuple[str, str]]:
    """The root fields that take the filter, with their kinds of operation."""
    roots: dict[str, Any] = {"query": CORE.query_type, "subscription": CORE.subscription_type}
    return [
        (kind, name)
        for kind, root in roots.items()
        if isinstance(root, GraphQLObjectType)
        for name, field in root.fields.items()
        if str(field.args["filter"].type if "filter" in field.args else "") == filter_
    ]


@pytest.mark.parametrize(("filter_", "field"), LISTS)
def test_a_list_is_bounded_as_a_literal_and_as_a_variable(filter_: str, field: str) -> None:
    assert _places(filter_)
    for kind, root in _places(filter_):
        literal = f"{kind} {{ {root}(filter: {{{field}: [{'1 ' * TOO_MANY}]}}) {{ __typename }} }}"
        cost, _ = limits.measure(CORE, {}, _operation(literal), {}, 100)
        assert cost.list_items == TOO_MANY
        document = f"{kind} ($f: {filter_}) {{ {root}(filter: $f) {{ __typename }} }}"
        variables = {"f": {field: [1] * TOO_MANY}}
        errors = limits.long_lists(CORE, _operation(document), variables, TOO_MANY - 1)
        assert [error.extensions for error in errors] == [{"code": "LIMIT_EXCEEDED"}]


def _operation(document: str) -> OperationDefinitionNode:
    (definition,) = parse(document).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def test_there_is_something_to_check() -> None:
    assert {"ModelFilter", "AuditEventFilter", "ChangeFilter"} <= FILTERS.keys()
    assert len(LISTS) > 25
