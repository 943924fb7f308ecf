"""What holds for the lists in the filters of all connections and of the subscription."""

import pytest
from graphql import GraphQLInputObjectType, get_nullable_type, is_list_type

from tests.graphql import SCHEMA

LISTS = [
    (name, field)
    for name, type_ in SCHEMA._schema.type_map.items()
    if isinstance(type_, GraphQLInputObjectType) and name.endswith("Filter")
    for field, declared in type_.fields.items()
    if is_list_type(get_nullable_type(declared.type))
]
# Names that say how many of the values must match.
QUANTIFIED = {"anyCapability"}


@pytest.mark.parametrize(("filter_", "field"), LISTS)
def test_a_list_is_named_in_the_plural(filter_: str, field: str) -> None:
    assert field.endswith("s") or field in QUANTIFIED


def test_there_is_something_to_check() -> None:
    assert {"ModelFilter", "AuditEventFilter", "ChangeFilter"} <= {name for name, _ in LISTS}
    assert len(LISTS) > 25
