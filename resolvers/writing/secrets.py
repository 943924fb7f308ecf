"""Looks for secrets in the inputs of mutations: in every text and JSON value, at any depth."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import EnumMeta
from functools import cache
from typing import Any, NamedTuple

import strawberry
from strawberry.types.base import StrawberryMaybe
from strawberry.types.enum import StrawberryEnumDefinition

from domain.problems import Invalid
from domain.rules import api_name
from domain.secrets import scanner
from resolvers.reference_inputs import LabelInput
from resolvers.scalars import SHA256, BigInt

Path = tuple[str, ...]

_SHOWN_MAX = 120  # characters of a place in a message
# What cannot hold a secret, because the form of its values is checked.
_BOUNDED = (bool, int, float, date, datetime, Decimal, BigInt, SHA256, strawberry.ID)


class _Field(NamedTuple):
    """A field of an input that can hold a secret."""

    python_name: str
    is_maybe: bool

    @property
    def name(self) -> str:
        """Its name in the API."""
        return api_name(self.python_name)


def problems(input: Any) -> Iterator[Invalid]:
    """A problem for each text and each JSON value of an input that seems to hold a secret.

    Its path and its message name the place, and never repeat the secret.
    """
    for path, name, value in _values(input, ()):
        if found := scanner.find(value, name):
            yield _problem(path, found)


def _problem(path: Path, found: scanner.Found) -> Invalid:
    place = "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in path)[1:]
    separator = "." if found.place and not found.place.startswith("[") else ""
    plain = found.place.encode("ascii", "backslashreplace").decode()
    shown = f"{place}{separator}{plain}"[:_SHOWN_MAX]
    return Invalid(
        f"{shown} must not hold a secret, and it looks like {found.kind}:"
        " store it elsewhere, and refer to it in credentialRef",
        path,
    )


def _values(input: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    """The path, the name and the value of each text and each JSON value of an input."""
    cls: Any = type(input)
    for field in _fields(cls):
        value = getattr(input, field.python_name)
        if field.is_maybe and value is not None:
            value = value.value
        if value is not None:
            is_labelled = isinstance(input, LabelInput) and field.name == "value"
            name = input.key if is_labelled else field.name
            yield from _values_of_field(name, value, (*path, field.name))


def _values_of_field(name: str, value: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    if isinstance(value, list) and value and _is_object(type(value[0])):
        for index, item in enumerate(value):
            yield from _values(item, (*path, str(index)))
    elif _is_object(type(value)):
        yield from _values(value, path)
    else:
        yield path, name, value


@cache
def _fields(cls: Any) -> tuple[_Field, ...]:
    """The fields of an input type that can hold a secret, those of inner objects included."""
    return tuple(
        _Field(field.python_name, isinstance(field.type, StrawberryMaybe))
        for field in cls.__strawberry_definition__.fields
        if not _is_bounded(_innermost(field.type))
    )


def _innermost(type_: Any) -> Any:
    while hasattr(type_, "of_type"):
        type_ = type_.of_type
    return type_


def _is_bounded(type_: Any) -> bool:
    if _is_object(type_):
        return not _fields(type_)
    return isinstance(type_, EnumMeta | StrawberryEnumDefinition) or type_ in _BOUNDED


def _is_object(type_: Any) -> bool:
    return hasattr(type_, "__strawberry_definition__")
