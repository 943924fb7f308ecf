"""Every field GraphQL promises is one that its row, or its resolver, can keep.

Types are typed by what clients see, rows by what the database holds; mypy cannot see across.
"""

import typing
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel
from strawberry.scalars import JSON
from strawberry.types.base import StrawberryList, StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType

import resolvers.pages
import schema.pages
from schema.nodes import Node
from schema.payloads import MutationPayload
from tests.graphql import SCHEMA

# Rows of the types that many others are made from.
ROWS = {
    schema.pages.Connection: resolvers.pages.Page,
    schema.pages.Edge: resolvers.pages.Edge,
    schema.pages.PageInfo: resolvers.pages.PageInfo,
}
TYPES = {
    name: entry.definition
    for name, entry in SCHEMA.schema_converter.type_map.items()
    if isinstance(entry.definition, StrawberryObjectDefinition)
    and not entry.definition.is_input
    and not entry.definition.is_interface
}


def row_of(definition: StrawberryObjectDefinition) -> Any:
    """The class whose instances answer for a type; None for the menus such as Query."""
    origin = definition.concrete_of.origin if definition.concrete_of else definition.origin
    return ROWS.get(origin) or getattr(origin, "__row__", None)


def shape(promise: Any) -> Any:
    """The Python type that keeps a GraphQL promise."""
    if isinstance(promise, StrawberryOptional):
        inner = shape(promise.of_type)
        return inner if inner is Any else inner | None
    if isinstance(promise, StrawberryList):
        return list[shape(promise.of_type)]
    if isinstance(promise, LazyType):
        return shape(promise.resolve_type())
    if isinstance(promise, StrawberryEnumDefinition):
        return promise.wrapped_cls
    if promise in (JSON, Node):
        return Any
    definition = getattr(promise, "__strawberry_definition__", None)
    if definition is None:
        return getattr(promise, "__supertype__", promise)  # a NewType's values are plain
    parameters = tuple(shape(each) for each in definition.type_var_map.values())
    return row_of(definition)[parameters] if parameters else row_of(definition)


def promise(definition: StrawberryObjectDefinition, field: StrawberryField) -> Any:
    return shape(field.resolve_type(type_definition=definition))


def held(definition: StrawberryObjectDefinition, name: str) -> Any:
    """The annotation of a row's attribute or property, its type variable filled in."""
    row = row_of(definition)
    attribute = getattr(row, name)
    if isinstance(attribute, property):
        hint = typing.get_type_hints(attribute.fget)["return"]
    else:
        hint = typing.get_type_hints(row)[name]
    parameters = tuple(shape(each) for each in definition.type_var_map.values())
    if isinstance(hint, typing.TypeVar):
        return parameters[0]
    return hint[parameters] if getattr(hint, "__parameters__", ()) else hint


def keeps(hint: Any, promised: Any) -> bool:
    """Whether values of this annotation are what was promised; never null is fine too."""
    if typing.get_origin(hint) in (Sequence, tuple):  # as good as a list to GraphQL
        hint = list[typing.get_args(hint)[0]]
    return promised in (hint, Any if hint is Any else hint | None)


PLAIN, BATCHED, RESOLVED, MUTATING = [], [], [], []
for type_name, each_type in TYPES.items():
    for each_field in each_type.fields:
        case = pytest.param(each_type, each_field, id=f"{type_name}.{each_field.python_name}")
        if issubclass(each_type.origin, MutationPayload):
            continue  # filled from what the verb returns; see MUTATING
        if not each_field.base_resolver:
            PLAIN.append(case)
        elif type_name == "Mutation":
            MUTATING.append(case)
        elif "batch" in each_field.metadata:
            BATCHED.append(case)
        else:
            RESOLVED.append(case)


@pytest.mark.parametrize(("definition", "field"), PLAIN)
def test_plain_fields_are_attributes_of_the_row(
    definition: StrawberryObjectDefinition, field: StrawberryField
) -> None:
    assert hasattr(row_of(definition), field.python_name)
    assert keeps(held(definition, field.python_name), promise(definition, field))


@pytest.mark.parametrize(("definition", "field"), PLAIN)
def test_a_field_is_non_null_exactly_when_its_column_is(
    definition: StrawberryObjectDefinition, field: StrawberryField
) -> None:
    row = row_of(definition)
    columns = sa.inspect(row).columns if issubclass(row, SQLModel) else {}
    if field.python_name in columns:
        nullable = isinstance(field.resolve_type(type_definition=definition), StrawberryOptional)
        assert columns[field.python_name].nullable == nullable


@pytest.mark.parametrize(("definition", "field"), BATCHED)
def test_batches_return_a_list_of_what_their_field_promises(
    definition: StrawberryObjectDefinition, field: StrawberryField
) -> None:
    hints = typing.get_type_hints(field.metadata["batch"])
    assert hints["return"] == list[promise(definition, field)]


@pytest.mark.parametrize(("definition", "field"), BATCHED)
def test_batches_take_the_rows_of_their_type_and_need_what_these_have(
    definition: StrawberryObjectDefinition, field: StrawberryField
) -> None:
    (parent,) = typing.get_args(typing.get_type_hints(field.metadata["batch"])["parents"])
    assert (typing.get_origin(parent) or parent) is row_of(definition)
    assert [name for name in field.metadata["needs"] if not hasattr(row_of(definition), name)] == []


@pytest.mark.parametrize(("definition", "field"), RESOLVED)
def test_resolvers_return_the_rows_their_field_promises(
    definition: StrawberryObjectDefinition, field: StrawberryField
) -> None:
    returned = typing.get_type_hints(field.base_resolver.wrapped_func)["return"]
    if typing.get_origin(returned) is AsyncIterator:  # a subscription's, of such rows
        (returned,) = typing.get_args(returned)
    assert returned == promise(definition, field)


@pytest.mark.parametrize(("definition", "field"), MUTATING)
def test_verbs_return_what_their_payload_holds_in_order(
    definition: StrawberryObjectDefinition, field: StrawberryField
) -> None:
    hint = typing.get_type_hints(field.base_resolver.wrapped_func)["return"]
    is_several = isinstance(hint, type) and issubclass(hint, tuple)  # a NamedTuple
    returned = typing.get_type_hints(hint).values() if is_several else [hint]
    nullable = field.resolve_type(type_definition=definition)
    assert isinstance(
        nullable, StrawberryOptional
    )  # an error of one field must not hide the others
    payload = nullable.of_type.__strawberry_definition__  # type: ignore[union-attr]  # a payload
    held_fields = [each for each in payload.fields if each.python_name != "user_errors"]
    for value, each in zip(returned, held_fields, strict=True):
        assert keeps(value, promise(payload, each)), each.python_name


def test_there_is_something_to_check() -> None:
    """A rule over no types would always hold."""
    assert {"Model", "ModelVersion", "ProviderBinding", "Price", "ModelEdge"} <= TYPES.keys()
    rowless = {
        name
        for name, each in TYPES.items()
        if row_of(each) is None and not issubclass(each.origin, MutationPayload)
    }
    assert rowless <= {"Query", "Mutation", "Subscription"}
    columns = [case for case in PLAIN if issubclass(row_of(case.values[0]), SQLModel)]
    assert min(len(columns), len(BATCHED), len(RESOLVED), len(MUTATING)) > 10
