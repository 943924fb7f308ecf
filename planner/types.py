"""How graphql-core completes single values, as functions that generated code calls.

Each raises where the stock executor would raise, await, or set null in a non-null place: whatever
is raised makes the plan give way to the stock executor, so only answers must be exact, not errors.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from inspect import isawaitable
from math import isfinite
from types import MappingProxyType
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    Undefined,
)
from graphql.pyutils import is_iterable
from graphql.pyutils.is_awaitable import is_async_iterable

from planner.errors import FallbackToExecutor

_CLASSES_MAX = 64  # a memo of row classes; cleared when rows come in ever new classes


def _is_int(value: int) -> bool:
    return -2147483649 < value < 2147483648


# Values of exactly this class, that meet the condition if there is one, are written as they are.
# The condition is Python source for generated code, and a function for all other.
IDENTICAL: Mapping[object, tuple[type, str, Callable[[Any], bool]]] = MappingProxyType(
    {
        GraphQLString: (str, "", lambda _: True),
        GraphQLID: (str, "", lambda _: True),
        GraphQLBoolean: (bool, "", lambda _: True),
        GraphQLInt: (int, " and -2147483649 < {0} < 2147483648", _is_int),
        GraphQLFloat: (float, " and {0} - {0} == 0.0", isfinite),
    }
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """How values of one leaf type are written.

    Values of ``classes`` (one, several, or none) that meet ``condition``, where {0} is the value,
    are written as they are or as ``table`` has them; all others but None by ``coerce``.
    """

    coerce: Callable[[Any], Any]
    classes: type | frozenset[type] | None = None
    condition: str = ""
    table: Mapping[Any, str] | None = None


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """The ``info`` that type resolvers are given: Strawberry's own read no more of it."""

    schema: GraphQLSchema
    field_name: str = ""

    @staticmethod
    def is_awaitable(value: object) -> bool:
        return isawaitable(value)


def _refuse(value: object) -> None:
    if value is None or value is Undefined or isinstance(value, Exception) or isawaitable(value):
        raise FallbackToExecutor(f"{value.__class__.__name__} in the place of a value")


def _make_room(memo: set[type] | dict[type, str]) -> None:
    if len(memo) >= _CLASSES_MAX:
        memo.clear()


def leaf(type_: GraphQLScalarType | GraphQLEnumType, passthrough: type | None) -> Leaf:
    """How values of this type are serialized; those of the class ``passthrough`` are unchanged."""
    coerce = _coercion(type_)
    if isinstance(type_, GraphQLEnumType):
        table, classes = _names(type_)
        return Leaf(coerce, classes, table=table) if classes else Leaf(coerce)
    if passthrough is None and type_ in IDENTICAL:
        class_, condition, _ = IDENTICAL[type_]
        return Leaf(coerce, class_, condition)
    if passthrough is None and type_.coerce_output_value is str:
        return Leaf(coerce, str)  # str(text) is the text
    return Leaf(coerce, passthrough)


def _coercion(type_: GraphQLScalarType | GraphQLEnumType) -> Callable[[Any], Any]:
    coerce_output_value = type_.coerce_output_value
    known: set[type] = set()

    def coerce(value: Any) -> Any:
        if value.__class__ not in known:
            _refuse(value)
            _make_room(known)
            known.add(value.__class__)
        answer = coerce_output_value(value)
        if answer is None or answer is Undefined:
            raise FallbackToExecutor(f"{type_} gave null")
        return answer

    return coerce


def _names(type_: GraphQLEnumType) -> tuple[dict[Any, str], frozenset[type]]:
    """The names of a Python enum's members, and of their plain string values."""
    members = getattr(type_, "wrapped_cls", None)
    if members is None or not issubclass(members, enum.Enum):
        return {}, frozenset()
    names = {member: type_.coerce_output_value(member) for member in members}
    classes = {members}
    if all(member.value.__class__ is str for member in members):
        by_value = {member.value: type_.coerce_output_value(member.value) for member in members}
        if all(by_value[member.value] == name for member, name in names.items()):
            names |= by_value
            classes.add(str)
    return names, frozenset(classes)


Admission = tuple[set[type], Callable[[Any], None]]


def admission(type_: GraphQLObjectType, info: TypeInfo) -> Admission:
    """The known classes of this type, and the check of values of all other classes.

    ``is_type_of`` is called once per class.
    """
    known: set[type] = set()

    def admit(value: Any) -> None:
        _refuse(value)
        if type_.is_type_of is not None:
            answer = type_.is_type_of(value, info)  # type: ignore[arg-type]  # TypeInfo, see there
            if not answer or isawaitable(answer):
                raise FallbackToExecutor(f"not a {type_}")
        _make_room(known)
        known.add(value.__class__)

    return known, admit


def typename_of(type_: GraphQLAbstractType, info: TypeInfo) -> Callable[[Any], str]:
    """Names the object type of a value; resolves the type once per class."""
    names: dict[type, str] = {}
    resolve = type_.resolve_type

    def name(value: Any) -> str:
        known = names.get(value.__class__)
        if known is not None:
            return known
        _refuse(value)
        answer = resolve(value, info, type_)  # type: ignore[misc,arg-type]  # TypeInfo, see there
        if not isinstance(answer, str):
            raise FallbackToExecutor(f"the type of a {type_} is not known")
        _make_room(names)
        names[value.__class__] = answer
        return answer

    return name


def items(value: Any) -> Any:
    """The items of a list field's value, which is not simply a list."""
    if value.__class__ is tuple:
        return value
    if isawaitable(value) or is_async_iterable(value) or not is_iterable(value):
        raise FallbackToExecutor(f"{value.__class__.__name__} in the place of a list")
    return value


class Types:
    """The functions of this module for one schema, each built once and shared by all plans."""

    def __init__(self, schema: GraphQLSchema, passthrough: Mapping[str, type]) -> None:
        info = TypeInfo(schema)
        # caches of at most one entry for each type of the schema
        self.leaf = cache(lambda type_: leaf(type_, passthrough.get(type_.name)))
        self.admission = cache(lambda type_: admission(type_, info))
        self.typename_of = cache(lambda type_: typename_of(type_, info))
