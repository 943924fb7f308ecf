"""How graphql-core completes single values, as functions that generated code calls.

Each raises where the stock executor would raise, await, or return null for a non-null type. Any
exception makes the plan fall back to the executor: only results must be exact, not errors.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from inspect import isawaitable
from math import isfinite
from types import MappingProxyType
from typing import Any, NamedTuple

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

_CLASSES_MAX = 64  # in a cache of row classes; a full one is cleared


class BuiltinScalar(NamedTuple):
    """Values of exactly this class that meet the condition are input and output unchanged.

    The condition is given as Python source, where {0} is the value, and as a function.
    """

    class_: type
    condition: str
    meets_condition: Callable[[Any], bool]


def _is_int32(value: int) -> bool:
    return -2147483649 < value < 2147483648


BUILTIN_SCALARS: Mapping[object, BuiltinScalar] = MappingProxyType(
    {
        GraphQLString: BuiltinScalar(str, "", lambda _: True),
        GraphQLID: BuiltinScalar(str, "", lambda _: True),
        GraphQLBoolean: BuiltinScalar(bool, "", lambda _: True),
        GraphQLInt: BuiltinScalar(int, " and -2147483649 < {0} < 2147483648", _is_int32),
        GraphQLFloat: BuiltinScalar(float, " and {0} - {0} == 0.0", isfinite),
    }
)


@dataclass(frozen=True, slots=True)
class LeafSerializer:
    """How values of a scalar or enum type are serialized.

    Values of ``classes`` (one, several, or none) that meet ``condition``, where {0} is the value,
    are returned unchanged or looked up in ``table``; ``coerce`` takes all others except None.
    """

    coerce: Callable[[Any], Any]
    classes: type | frozenset[type] | None = None
    condition: str = ""
    table: Mapping[Any, str] | None = None


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """The ``info`` of type resolvers: Strawberry's own type resolvers read no more of it."""

    schema: GraphQLSchema
    field_name: str = ""

    @staticmethod
    def is_awaitable(value: object) -> bool:
        return isawaitable(value)


def _check_value(value: object) -> None:
    if value is None or value is Undefined or isinstance(value, Exception) or isawaitable(value):
        raise FallbackToExecutor(f"{value.__class__.__name__} instead of a value")


def _clear_if_full(known: set[type] | dict[type, str]) -> None:
    if len(known) >= _CLASSES_MAX:
        known.clear()


def leaf_serializer(
    type_: GraphQLScalarType | GraphQLEnumType, passthrough: type | None
) -> LeafSerializer:
    """Values of exactly the class ``passthrough`` are returned unchanged."""
    coerce = _coercion(type_)
    if isinstance(type_, GraphQLEnumType):
        table, classes = _enum_names(type_)
        return LeafSerializer(coerce, classes, table=table) if classes else LeafSerializer(coerce)
    if passthrough is None and type_ in BUILTIN_SCALARS:
        class_, condition, _ = BUILTIN_SCALARS[type_]
        return LeafSerializer(coerce, class_, condition)
    if passthrough is None and type_.coerce_output_value is str:
        return LeafSerializer(coerce, str)  # str(text) is the text
    return LeafSerializer(coerce, passthrough)


def _coercion(type_: GraphQLScalarType | GraphQLEnumType) -> Callable[[Any], Any]:
    coerce_output_value = type_.coerce_output_value
    known: set[type] = set()

    def coerce(value: Any) -> Any:
        if value.__class__ not in known:
            _check_value(value)
            _clear_if_full(known)
            known.add(value.__class__)
        output = coerce_output_value(value)
        if output is None or output is Undefined:
            raise FallbackToExecutor(f"{type_} was serialized to null")
        return output

    return coerce


def _enum_names(type_: GraphQLEnumType) -> tuple[dict[Any, str], frozenset[type]]:
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


TypeCheck = tuple[set[type], Callable[[Any], None]]


def type_check(type_: GraphQLObjectType, info: TypeInfo) -> TypeCheck:
    """The classes known to be of this type, and a check for values of other classes.

    The check calls ``is_type_of`` once per class.
    """
    known: set[type] = set()

    def check(value: Any) -> None:
        _check_value(value)
        if type_.is_type_of is not None:
            is_type = type_.is_type_of(value, info)  # type: ignore[arg-type]  # TypeInfo, see there
            if not is_type or isawaitable(is_type):
                raise FallbackToExecutor(f"not a {type_}")
        _clear_if_full(known)
        known.add(value.__class__)

    return known, check


def typename_resolver(type_: GraphQLAbstractType, info: TypeInfo) -> Callable[[Any], str]:
    """A function from a value to the name of its object type; resolves it once per class."""
    known: dict[type, str] = {}
    resolve = type_.resolve_type

    def typename(value: Any) -> str:
        known_name = known.get(value.__class__)
        if known_name is not None:
            return known_name
        _check_value(value)
        name = resolve(value, info, type_)  # type: ignore[misc,arg-type]  # TypeInfo, see there
        if not isinstance(name, str):
            raise FallbackToExecutor(f"the object type of a {type_} is unknown")
        _clear_if_full(known)
        known[value.__class__] = name
        return name

    return typename


def list_items(value: Any) -> Any:
    """The items of a list field's value, which is not of the class list."""
    if value.__class__ is tuple:
        return value
    if isawaitable(value) or is_async_iterable(value) or not is_iterable(value):
        raise FallbackToExecutor(f"{value.__class__.__name__} instead of a list")
    return value


class Types:
    """The functions of this module for one schema, each built once and shared by all plans."""

    def __init__(self, schema: GraphQLSchema, passthrough: Mapping[str, type]) -> None:
        info = TypeInfo(schema)
        # Caches of at most one entry for each type of the schema.
        self.leaf = cache(lambda type_: leaf_serializer(type_, passthrough.get(type_.name)))
        self.type_check = cache(lambda type_: type_check(type_, info))
        self.typename_of = cache(lambda type_: typename_resolver(type_, info))
