"""The lengths of introspection's lists, counted in the schema: what a question about it costs.

Below `types` each type comes once, so that the average length of a list counts. Below a type that
another one names (`type`, `ofType` and so on) any type may come any number of times, so that the
largest counts.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from math import ceil

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_abstract_type,
)

ALL_TYPES = ("__Schema", "types")
NAMED_TYPES = frozenset(("type", "ofType", "interfaces", "possibleTypes"))

Lengths = Mapping[tuple[str, str], int]  # of the lists of introspection, by type and field


@lru_cache(maxsize=4)
def largest(schema: GraphQLSchema) -> Lengths:
    """The greatest length of each list."""
    return _lengths(schema, partial(max, default=0))


@lru_cache(maxsize=4)
def average(schema: GraphQLSchema) -> Lengths:
    """The average length of each list, rounded up."""
    return _lengths(schema, lambda lengths: _average(list(lengths)))


def _average(lengths: list[int]) -> int:
    return ceil(sum(lengths) / max(1, len(lengths)))


def _lengths(schema: GraphQLSchema, combined: Callable[[Iterator[int]], int]) -> Lengths:
    types = list(schema.type_map.values())
    arguments = (len(field.args) for type_ in types for field in _fields(type_).values())
    lengths = {
        ALL_TYPES: len(types),
        ("__Schema", "directives"): len(schema.directives),
        ("__Directive", "args"): max((len(d.args) for d in schema.directives), default=0),
        ("__Directive", "locations"): max((len(d.locations) for d in schema.directives), default=0),
        ("__Type", "fields"): combined(len(_fields(type_)) for type_ in types),
        ("__Type", "inputFields"): combined(_count(GraphQLInputObjectType, "fields", types)),
        ("__Type", "enumValues"): combined(_count(GraphQLEnumType, "values", types)),
        ("__Type", "interfaces"): combined(_count(GraphQLObjectType, "interfaces", types)),
        ("__Type", "possibleTypes"): combined(
            len(schema.get_possible_types(type_)) if is_abstract_type(type_) else 0
            for type_ in types
        ),
        ("__Field", "args"): combined(arguments),
    }
    return {name: max(1, length) for name, length in lengths.items()}


def _count(kind: type, attribute: str, types: list[GraphQLNamedType]) -> Iterator[int]:
    return (len(getattr(type_, attribute)) if isinstance(type_, kind) else 0 for type_ in types)


def _fields(type_: GraphQLNamedType) -> Mapping[str, GraphQLField]:
    return type_.fields if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) else {}
