"""Everything a client can see says what it is."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

import schema
from tests.graphql import SCHEMA

# As clients get it, rather than as it is held in memory.
PUBLISHED = build_schema(schema.sdl(SCHEMA))


def _described() -> Iterator[tuple[str, Any]]:
    """Each type, field, argument and input field; an enum's values are words that say enough."""
    for name, type_ in PUBLISHED.type_map.items():
        if is_introspection_type(type_) or is_specified_scalar_type(type_):
            continue
        yield name, type_
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            continue
        for field_name, field in type_.fields.items():
            yield f"{name}.{field_name}", field
            for argument_name, argument in getattr(field, "args", {}).items():
                yield f"{name}.{field_name}({argument_name}:)", argument


def test_everything_has_a_description() -> None:
    assert [name for name, thing in _described() if not (thing.description or "").strip()] == []


def test_descriptions_end_like_sentences() -> None:
    """They stand side by side in GraphiQL."""
    assert [name for name, thing in _described() if not thing.description.endswith(".")] == []


def test_there_is_something_to_check() -> None:
    names = {name for name, _ in _described()}
    assert {"Model", "DateTime", "Query.models(first:)", "ModelFilter.ids", "TaskType"} <= names
