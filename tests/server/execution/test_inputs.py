"""The limits of input on every argument and field of the schema."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from server.execution.inputs import InputLimits, is_nested_too_deeply, limits_of, oversized
from server.settings import Settings
from tests.graphql import SCHEMA

LIMITS = InputLimits(page_max=100, list_max=5, text_max=20)
# Scalars of which a client sends text.
TEXTS = {"String", "ID", "SHA256", "SemVer", "URL", "Decimal", "BigInt", "Date", "DateTime"}


def _paths(type_: Any, path: str, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Any, Any]]:
    """Each leaf and each list below a type: its path, its type, and how to wrap a value of it."""
    kind = get_nullable_type(type_)
    if is_list_type(kind):
        yield path, kind, lambda value: value
        for inner, leaf, wrap in _paths(kind.of_type, path, seen):
            yield inner, leaf, lambda value, wrap=wrap: [wrap(value)]
    elif isinstance(kind, GraphQLInputObjectType):
        if kind.name in seen:
            return
        for name, field in kind.fields.items():
            inner_path = f"{path}.{name}" if path else name
            for inner, leaf, wrap in _paths(field.type, inner_path, (*seen, kind.name)):
                yield inner, leaf, lambda value, wrap=wrap, name=name: {name: wrap(value)}
    else:
        yield path, kind, lambda value: value


# Lists whose fields declare how many items they have.
OWN_LIMITS = {
    *("items", "rollups"),
    *(
        f"rollups.{times}.{numbers}"
        for times in ("latencyMs", "ttftMs")
        for numbers in ("bounds", "counts")
    ),
}
ARGUMENTS = [
    (f"{type_.name}.{name}({argument}:)", given.type)
    for type_ in SCHEMA._schema.type_map.values()
    if not type_.name.startswith("__")
    for name, field in getattr(type_, "fields", {}).items()
    for argument, given in getattr(field, "args", {}).items()
]


def test_the_schema_has_arguments_to_walk() -> None:
    assert len(ARGUMENTS) > 80


@pytest.mark.parametrize(("argument", "type_"), ARGUMENTS, ids=[name for name, _ in ARGUMENTS])
def test_each_list_and_text_may_have_the_largest_size_and_no_more(
    argument: str, type_: Any
) -> None:
    for path, kind, wrap in _paths(type_, ""):
        if path in OWN_LIMITS:
            continue
        if is_list_type(kind):
            fits, exceeds = [None] * LIMITS.list_max, [None] * (LIMITS.list_max + 1)
        elif get_named_type(kind).name in TEXTS:
            fits, exceeds = "x" * LIMITS.text_max, "x" * (LIMITS.text_max + 1)
        else:
            continue
        assert list(oversized(argument, wrap(fits), type_, LIMITS)) == []
        (error,) = oversized(argument, wrap(exceeds), type_, LIMITS)
        assert argument in error.message
        assert error.message.endswith(f"at {path}" if path else "allowed")
        assert (error.extensions or {})["code"] == "LIMIT_EXCEEDED"


def test_a_list_may_have_as_many_items_as_its_field_declares() -> None:
    type_: Any = SCHEMA._schema.type_map["ReportOutcomesInput"]
    assert list(oversized("input", {"items": [{}] * 1_000}, type_, LIMITS)) == []
    (error,) = oversized("input", {"rollups": [{}] * 1_001}, type_, LIMITS)
    assert error.message == "input has 1001 items in a list; at most 1000 are allowed at rollups"
    long = {"rollups": [{"latencyMs": {"bounds": [1.5] * 10_000}}]}  # refused alone
    assert list(oversized("input", long, type_, LIMITS)) == []


def test_the_inside_of_json_is_left_to_its_rule() -> None:
    type_ = SCHEMA._schema.type_map["CreateVersionInput"]
    assert isinstance(type_, GraphQLInputObjectType)
    assert list(oversized("input", {"metadata": ["x" * 99] * 99}, type_, LIMITS)) == []


def test_the_texts_of_a_mutation_are_left_to_its_rules() -> None:
    settings = Settings(_env_file=None)
    query, mutation = (
        limits_of(kind, settings) for kind in (OperationType.QUERY, OperationType.MUTATION)
    )
    assert (query.text_max, mutation.text_max) == (1_024, settings.body_bytes_max)


@pytest.mark.parametrize(("levels", "is_too_deep"), [(1, False), (64, False), (65, True)])
def test_json_may_nest_64_levels(levels: int, is_too_deep: bool) -> None:
    value: object = 1
    for _ in range(levels):
        value = {"a": value}
    body = b'{"a":' * levels + b"1" + b"}" * levels
    assert is_nested_too_deeply(body, value) is is_too_deep
