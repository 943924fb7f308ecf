"""The GraphQL schema: types and root fields, as declarations over rows and resolvers."""

from collections.abc import Callable, Iterable
from functools import cache

import strawberry
from graphql import GraphQLEnumType, GraphQLInputObjectType
from graphql.utilities.print_schema import print_schema_definition
from strawberry.extensions import SchemaExtension
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.enum import StrawberryEnumDefinition

from domain.enums import descriptions
from schema.mutation import Mutation
from schema.problems import ERRORS
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription

DESCRIPTION = (
    "The Model Registry: models, their versions, and the bindings by which providers serve them."
    " Null means unknown. Amounts are US dollars per 1,000 tokens."
)

Extension = type[SchemaExtension] | Callable[[], SchemaExtension]


def build(extensions: Iterable[Extension] = ()) -> strawberry.Schema:
    """The schema, with extensions that the server runs around each operation."""
    config = StrawberryConfig(scalar_map=dict(SCALARS))
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=ERRORS,
        config=config,
        extensions=extensions,
    )
    _complete(schema)
    return schema


@cache
def published() -> strawberry.Schema:
    """The schema that servers publish; nothing changes it, so those of one process share it."""
    return build()


@cache
def published_sdl() -> str:
    """The text of that schema; writing it takes some 20 ms."""
    return sdl(published())


def sdl(schema: strawberry.Schema) -> str:
    """The schema as text, as committed in schema/schema.graphql."""
    definition = print_schema_definition(schema._schema)  # Strawberry leaves out its description
    return f"{definition}\n\n{print_schema(schema)}\n"


def _complete(schema: strawberry.Schema) -> None:
    """Add what Strawberry leaves out of the types that it builds.

    Enums are plain Python enums, described by their docstrings. Inputs that are one-of are marked
    for graphql-core, so that introspection and validation know them. The schema gets its
    description.
    """
    schema._schema.description = DESCRIPTION
    for entry in schema.schema_converter.type_map.values():
        definition, implementation = entry.definition, entry.implementation
        if isinstance(definition, StrawberryEnumDefinition):
            assert isinstance(implementation, GraphQLEnumType)
            implementation.description, values = descriptions(definition.wrapped_cls)
            for name, value in implementation.values.items():
                value.description = values.get(name)  # tests/schema/test_docs.py finds the others
        elif isinstance(implementation, GraphQLInputObjectType):
            assert isinstance(definition, StrawberryObjectDefinition)
            implementation.is_one_of = definition.is_one_of
