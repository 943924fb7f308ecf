"""The schema, its types, fields, arguments and values are described, and name what is served."""

import re
from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

import schema
from domain import ids
from domain.enums import descriptions
from domain.outcomes import WriteOutcome
from resolvers import errors
from tests.graphql import SCHEMA

# The SDL that clients get, not the schema in memory.
PUBLISHED = build_schema(schema.sdl(SCHEMA))


def _described(of: GraphQLSchema = PUBLISHED) -> Iterator[tuple[str, Any]]:
    """The schema, and each of its types, fields, arguments, input fields and values of enums."""
    yield "schema", of
    for name, type_ in of.type_map.items():
        if is_introspection_type(type_) or is_specified_scalar_type(type_):
            continue
        yield name, type_
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{name}.{value}", found) for value, found in type_.values.items())
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            continue
        for field_name, field in type_.fields.items():
            yield f"{name}.{field_name}", field
            for argument_name, argument in getattr(field, "args", {}).items():
                yield f"{name}.{field_name}({argument_name}:)", argument


def test_everything_has_a_description() -> None:
    assert [name for name, thing in _described() if not (thing.description or "").strip()] == []


def test_descriptions_end_like_sentences() -> None:
    """GraphiQL shows them side by side."""
    wrong = [
        name
        for name, thing in _described()
        if not re.fullmatch(r"[A-Z0-9].*\.", thing.description, re.DOTALL)
    ]
    assert wrong == []


def test_introspection_describes_what_the_sdl_describes() -> None:
    running = {name: thing.description for name, thing in _described(SCHEMA._schema)}
    assert running == {name: thing.description for name, thing in _described()}


def test_the_docstring_of_an_enum_describes_its_values_and_no_others() -> None:
    for type_ in SCHEMA._schema.type_map.values():
        if isinstance(type_, GraphQLEnumType) and not is_introspection_type(type_):
            _, values = descriptions(type_.extensions["strawberry-definition"].wrapped_cls)
            assert list(values) == list(type_.values)


_CAMEL_CASE = re.compile(r"\b[a-z]+\d*(?:[A-Z][a-z\d]*)+\b")
_UPPER_CASE = re.compile(r"\b[A-Z][A-Z_]{2,}\b")
_ID_PREFIX = re.compile(r"\b[a-z]{3}(?=_)")
_ABBREVIATIONS = {"API", "HTTP", "JSON", "POST", "RFC", "SDL", "SHA", "URI", "URL", "UTC", "YYYY"}


def _names() -> set[str]:
    """Every name of the schema: types, fields, arguments and enum values; codes and outcomes."""
    names = {path.rstrip(":)").split(".")[-1] for path, _ in _described()}
    names |= {part for name in names for part in name.split("(")}
    for type_ in PUBLISHED.type_map.values():
        if isinstance(type_, GraphQLEnumType):
            names |= type_.values.keys()
    return (
        names | {code for code in vars(errors).values() if isinstance(code, str)} | {*WriteOutcome}
    )


def test_descriptions_name_only_what_the_schema_has() -> None:
    """A field, value, error code or id prefix in a description exists: nothing else is promised."""
    names, unknown = _names() | _ABBREVIATIONS, set()
    prefixes = {value for value in vars(ids).values() if isinstance(value, str) and len(value) == 3}
    for path, thing in _described():
        words = _CAMEL_CASE.findall(thing.description) + _UPPER_CASE.findall(thing.description)
        unknown |= {(path, word) for word in words if word not in names}
        unknown |= {
            (path, word) for word in _ID_PREFIX.findall(thing.description) if word not in prefixes
        }
    assert unknown == set()


def test_there_is_something_to_check() -> None:
    names = {name for name, _ in _described()}
    assert {
        "Model",
        "DateTime",
        "Query.models(first:)",
        "ModelFilter.ids",
        "TaskType.CHAT",
    } <= names
