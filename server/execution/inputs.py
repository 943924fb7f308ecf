"""The limits of input: the lengths of lists and texts, and the nesting of JSON."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputType,
    GraphQLInt,
    OperationType,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
)

from resolvers.arguments import ITEMS_MAX
from server.errors import limit_exceeded
from server.settings import Settings

JSON_DEPTH_MAX = 64  # the deepest input of the schema needs fewer than ten levels
# Characters of a text in a query: the longest are names (200) and cursors (up to 900).
QUERY_TEXT_MAX = 1_024


class InputLimits(NamedTuple):
    """The largest page, the longest list in the arguments, and the most characters of a text."""

    page_max: int
    list_max: int
    text_max: int


def limits_of(kind: OperationType, settings: Settings) -> InputLimits:
    """The limits of an operation's input.

    A mutation's texts are bounded by the rule of each field, which reports all breaches together.
    """
    is_mutation = kind is OperationType.MUTATION
    text_max = settings.body_bytes_max if is_mutation else QUERY_TEXT_MAX
    return InputLimits(settings.page_size_max, settings.input_list_max, text_max)


def oversized_variables(
    types: Mapping[str, GraphQLInputType], variables: Mapping[str, Any], limits: InputLimits
) -> Iterator[GraphQLError]:
    """An error for each variable with a list or a text that is too long, at any depth."""
    for name, type_ in types.items():
        value = variables.get(name)
        if isinstance(value, _SIZED):
            yield from oversized(f"Variable '${name}'", value, type_, limits)


def oversized(
    subject: str, value: object, type_: GraphQLInputType, limits: InputLimits
) -> Iterator[GraphQLError]:
    """An error for the first list or text of a value that is too long."""
    for path, found in _too_long(value, type_, limits, ""):
        place = f" at {path}" if path else ""
        yield limit_exceeded(f"{subject} has {found}{place}")
        return


def item_counts(types: Mapping[str, GraphQLInputType], variables: Mapping[str, Any]) -> int:
    """How many items the lists of the variables have together, at any depth."""
    return sum([item_count(variables.get(name), type_) for name, type_ in types.items()])


def item_count(value: object, type_: Any) -> int:
    """How many items the lists of a value have together; a list inside JSON is none of them."""
    kind = get_nullable_type(type_)
    if is_list_type(kind) and isinstance(value, list):
        count = len(value)
        if _has_lists(kind.of_type):
            count += sum([item_count(item, kind.of_type) for item in value])
        return count
    if is_input_object_type(kind) and isinstance(value, dict) and _has_lists(kind):
        fields = kind.fields
        return sum([item_count(value[name], fields[name].type) for name in value if name in fields])
    return 0


@cache
def _has_lists(type_: Any) -> bool:
    """Whether a value of this type may have lists, at any depth."""
    pending, seen = [type_], set()
    while pending:
        kind = get_nullable_type(pending.pop())
        if is_list_type(kind):
            return True
        if is_input_object_type(kind) and kind not in seen:
            seen.add(kind)
            pending.extend(field.type for field in kind.fields.values())
    return False


def _too_long(
    value: object, type_: Any, limits: InputLimits, path: str
) -> Iterator[tuple[str, str]]:
    """The path of each list and text that is too long, and what it is; scalars' inside is not
    looked at."""
    kind = get_nullable_type(type_)
    if isinstance(value, str):
        if len(value) > limits.text_max:
            yield path, f"a text of {len(value)} characters; at most {limits.text_max} are allowed"
    elif is_list_type(kind) and isinstance(value, list):
        if len(value) > limits.list_max:
            yield path, f"{len(value)} items in a list; at most {limits.list_max} are allowed"
        if get_nullable_type(kind.of_type) not in _UNSIZED:
            for item in value:
                yield from _too_long(item, kind.of_type, limits, path)
    elif is_input_object_type(kind) and isinstance(value, dict):
        fields = kind.fields
        for name, item in value.items():
            if isinstance(item, _SIZED) and name in fields:
                inner = f"{path}.{name}" if path else name
                own = _limits_of_field(fields[name], limits) if isinstance(item, list) else limits
                yield from _too_long(item, fields[name].type, own, inner)


def _limits_of_field(field: GraphQLInputField, limits: InputLimits) -> InputLimits:
    """The limits of a list, for which its field may have declared a number of items."""
    definition = field.extensions.get("strawberry-definition")
    items_max = definition.metadata.get(ITEMS_MAX) if definition else None
    return limits if items_max is None else limits._replace(list_max=items_max)


def is_nested_too_deeply(body: bytes, value: object) -> bool:
    """Whether JSON has more than JSON_DEPTH_MAX levels; others may be walked recursively."""
    # Most bodies have too few brackets to be deep; counting them is 100 times faster than a walk.
    if body.count(b"[") + body.count(b"{") <= JSON_DEPTH_MAX:
        return False
    level = [value]
    for _ in range(JSON_DEPTH_MAX + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


_SIZED = (str, list, dict)
_UNSIZED = frozenset((GraphQLBoolean, GraphQLFloat, GraphQLInt))
