"""Calls any mutation with an input, and reads every field of its payload."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from db.postgres.engine import Database
from tests.graphql import SCHEMA, GraphQL
from tests.graphql import context as graphql_context

BUILT = SCHEMA._schema
assert BUILT.mutation_type is not None
# All but reportOutcomes, which refuses parts of its input: test_outcomes.py
MUTATIONS: dict[str, GraphQLField] = {
    name: field for name, field in BUILT.mutation_type.fields.items() if name != "reportOutcomes"
}

_ERRORS = """userErrors { __typename code message path
  ... on AlreadyExistsError { existing { __typename id } }
  ... on RevisionMismatchError { currentRevision current { __typename id } } }"""


def input_type(mutation: str) -> GraphQLInputObjectType:
    """The type of a mutation's input."""
    found = get_named_type(MUTATIONS[mutation].args["input"].type)
    assert isinstance(found, GraphQLInputObjectType)
    return found


def subject(mutation: str) -> str:
    """The field of an update, deletion or other change that refers to the changed object."""
    fields = input_type(mutation).fields
    return next(name for name in ("binding", "version", "model", "provider") if name in fields)


@cache
def document(mutation: str) -> str:
    """The mutation with every field of its payload, two levels deep."""
    payload = get_named_type(MUTATIONS[mutation].type)
    fields = " ".join(_selected(payload, 3))
    declared = f"mutation ($input: {input_type(mutation).name}!)"
    return f"{declared} {{ {mutation}(input: $input) {{ {fields} {_ERRORS} }} }}"


@cache
def all_fields(type_name: str) -> str:
    """Every field of an object type, two levels deep."""
    return " ".join(_selected(BUILT.type_map[type_name], 2))


async def execute(
    db: Database, mutation: str, input: dict[str, Any], **context: Any
) -> ExecutionResult:
    """The result of a mutation, errors included."""
    surroundings = graphql_context(db, **context)
    return await SCHEMA.execute(
        document(mutation), variable_values={"input": input}, context_value=surroundings
    )


async def call(gql: GraphQL, mutation: str, **input: Any) -> dict[str, Any]:
    """The payload of a mutation that must succeed."""
    payload = await payload_of(gql, mutation, **input)
    assert payload["userErrors"] == [], payload["userErrors"]
    return payload


async def payload_of(gql: GraphQL, mutation: str, **input: Any) -> dict[str, Any]:
    """The payload of a mutation: its fields, or user errors and no other field."""
    result = await execute(gql.db, mutation, input, store=gql.store)
    assert result.errors is None, [str(error) for error in result.errors]
    assert result.data is not None
    payload: dict[str, Any] = result.data[mutation]
    others = {name for name in payload if name != "userErrors" and payload[name] is not None}
    assert bool(others) != bool(payload["userErrors"]), payload
    return payload


async def user_errors(gql: GraphQL, mutation: str, **input: Any) -> list[dict[str, Any]]:
    """The user errors of a mutation that must be refused."""
    errors: list[dict[str, Any]] = (await payload_of(gql, mutation, **input))["userErrors"]
    assert errors
    assert all(error["message"] and error["path"] for error in errors), errors
    return errors


async def codes(gql: GraphQL, mutation: str, **input: Any) -> list[tuple[str, str]]:
    """Each user error's code and its path, joined by dots."""
    errors = await user_errors(gql, mutation, **input)
    return [(error["code"], ".".join(error["path"])) for error in errors]


def without_one_field(
    type_: GraphQLInputObjectType, input: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The input without each optional field that is not its default, nested ones included."""
    for name, value in input.items():
        field = type_.fields[name]
        is_optional = not is_required_input_field(field) and value != field.default_value
        if is_optional and name != "idempotencyKey":
            yield {k: v for k, v in input.items() if k != name}
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType) and not inner.is_one_of:
            is_list = isinstance(value, list)
            for less in without_one_field(inner, value[0] if is_list else value):
                yield {**input, name: [less] if is_list else less}


def _selected(type_: Any, depth: int) -> list[str]:
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return []
    lines = []
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        required = any(is_required_argument(argument) for argument in field.args.values())
        if name == "userErrors" or required or inner.name.endswith("Connection"):
            continue
        if is_leaf_type(inner):
            lines.append(name)
        elif depth > 1 and (nested := _selected(inner, depth - 1)):
            lines.append(f"{name} {{ {' '.join(nested)} }}")
    return lines
