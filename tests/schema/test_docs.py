"""Every type, field and argument is described, and no description names what is not served."""

import re
from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

import schema
from domain import ids
from domain.outcomes import WriteOutcome
from resolvers import errors
from tests.graphql import SCHEMA

# The SDL that clients get, not the schema in memory.
PUBLISHED = build_schema(schema.sdl(SCHEMA))


def _described() -> Iterator[tuple[str, Any]]:
    """Each type, field, argument and input field; an enum's description covers its values."""
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
    """GraphiQL shows them side by side."""
    assert [name for name, thing in _described() if not thing.description.endswith(".")] == []


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
    assert {"Model", "DateTime", "Query.models(first:)", "ModelFilter.ids", "TaskType"} <= names
